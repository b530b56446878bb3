import Models
import Postgres
import Store

/// Writes the table `grouping_rules`; `TeamStore` reads it.
enum GroupingRuleStore {
    /// The rules in their new order; none: the standard ones hold.
    static func replace(_ rules: [GroupingRule], of team: TeamID, in connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            -- forget grouping rules
            DELETE FROM grouping_rules WHERE team_id = $1
            """, [team])
        for (position, rule) in rules.enumerated() {
            _ = try await connection.query(
                """
                -- write grouping rule
                INSERT INTO grouping_rules (team_id, position, matchers, by_labels, window_seconds)
                VALUES ($1, $2, $3::text[], $4::text[], $5)
                """, [team, position, rule.matchers.map(\.description), rule.by, rule.windowSeconds])
        }
    }
}
