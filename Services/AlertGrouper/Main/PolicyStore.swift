import Grouping
import Models
import Postgres
import Store

/// Settings and rules of the teams of a batch.
enum PolicyStore {
    /// Teams that do not exist are absent.
    static func policies(of teams: Set<TeamID>, in connection: PostgresConnection) async throws -> [TeamID: TeamPolicy] {
        let rows = try await connection.query(
            """
            -- team policies
            SELECT t.id, t.resolve_hold_seconds, t.reopen_window_seconds, r.position, r.matchers, r.by_labels, r.window_seconds
            FROM teams AS t LEFT JOIN grouping_rules AS r ON r.team_id = t.id
            WHERE t.id = ANY($1::uuid[]) ORDER BY t.id, r.position
            """, [teams.sorted()])
        var policies: [TeamID: TeamPolicy] = [:]
        for row in rows { try add(row, to: &policies[try row.identifier("id")]) }
        return policies
    }

    /// The first row of a team brings its settings, each row with a position one more rule of its own.
    private static func add(_ row: Row, to policy: inout TeamPolicy?) throws {
        let isOwn = try row.optionalInt("position") != nil
        var known =
            try policy
            ?? TeamPolicy(
                settings: TeamSettings(
                    resolveHoldSeconds: row.int("resolve_hold_seconds"), reopenWindowSeconds: row.int("reopen_window_seconds")),
                rules: isOwn ? GroupingRules([]) : .standard)
        if isOwn { known.rules.rules += try TeamStore.rule(row) }
        policy = known
    }
}
