import Grouping
import Models
import Postgres
import Store

/// Settings and rules of the teams of a batch.
enum PolicyStore {
    /// Teams that do not exist are absent.
    static func policies(of teams: Set<TeamID>, in connection: PostgresConnection) async throws -> [TeamID: TeamPolicy] {
        let ids = teams.sorted()
        var policies: [TeamID: TeamPolicy] = [:]
        let settings = try await connection.query(
            """
            -- team settings
            SELECT id, resolve_hold_seconds, reopen_window_seconds FROM teams WHERE id = ANY($1::uuid[])
            """, [ids])
        for row in settings {
            policies[try row.identifier("id")] = TeamPolicy(
                settings: TeamSettings(
                    resolveHoldSeconds: try row.int("resolve_hold_seconds"), reopenWindowSeconds: try row.int("reopen_window_seconds")))
        }
        for (team, rules) in try await rules(of: ids, in: connection) { policies[team]?.rules = rules }
        return policies
    }

    private static func rules(of teams: [TeamID], in connection: PostgresConnection) async throws -> [TeamID: GroupingRules] {
        var rules: [TeamID: GroupingRules] = [:]
        let rows = try await connection.query(
            """
            -- team grouping rules
            SELECT team_id, matchers, by_labels, window_seconds FROM grouping_rules
            WHERE team_id = ANY($1::uuid[]) ORDER BY team_id, position
            """, [teams])
        for row in rows { rules[try row.identifier("team_id"), default: GroupingRules([])].rules += try TeamStore.rule(row) }
        return rules
    }
}
