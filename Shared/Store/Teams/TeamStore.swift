package import Models
package import Postgres

/// A team as the database has it.
package struct Team: Sendable, Hashable {
    package let id: TeamID
    /// Short name for commands and addresses: `[a-z0-9][a-z0-9-]{0,62}`.
    package let slug: String
    package let name: String
    package let settings: TeamSettings
    package let createdAt: Timestamp
}

package enum TeamStore {
    /// - Throws: a unique violation when the slug is taken.
    package static func create(
        slug: String, name: String, settings: TeamSettings = TeamSettings(), in connection: PostgresConnection
    ) async throws -> TeamID {
        let rows = try await connection.query(
            """
            -- create team
            INSERT INTO teams (slug, name, resolve_hold_seconds, reopen_window_seconds) VALUES ($1, $2, $3, $4) RETURNING id
            """, [slug, name, settings.resolveHoldSeconds, settings.reopenWindowSeconds])
        guard let row = rows.first else { throw StoreError(message: "the new team has no id") }
        return try row.identifier("id")
    }

    package static func list(in connection: PostgresConnection) async throws -> [Team] {
        try await connection.query(
            """
            -- list teams
            SELECT id, slug, name, resolve_hold_seconds, reopen_window_seconds, created_at FROM teams ORDER BY slug
            """
        ).map { row in
            Team(
                id: try row.identifier("id"), slug: try row.string("slug"), name: try row.string("name"),
                settings: TeamSettings(
                    resolveHoldSeconds: try row.int("resolve_hold_seconds"),
                    reopenWindowSeconds: try row.int("reopen_window_seconds")),
                createdAt: try row.timestamp("created_at"))
        }
    }

    package static func find(slug: String, in connection: PostgresConnection) async throws -> Team? {
        try await list(in: connection).first { $0.slug == slug }
    }

    /// Every team's own grouping rules in order; a team without rows is absent and uses `GroupingRules.standard`.
    package static func groupingRules(in connection: PostgresConnection) async throws -> [TeamID: GroupingRules] {
        var rules: [TeamID: GroupingRules] = [:]
        let rows = try await connection.query(
            """
            -- grouping rules
            SELECT team_id, matchers, by_labels, window_seconds FROM grouping_rules ORDER BY team_id, position
            """)
        for row in rows { rules[try row.identifier("team_id"), default: GroupingRules([])].rules += try rule(row) }
        return rules
    }

    /// Reads one row of `grouping_rules`: matchers, by_labels, window_seconds.
    /// - Returns: one rule; none where a matcher cannot be read, for without it the rule would take more alerts than was meant.
    package static func rule(_ row: Row) throws -> [GroupingRule] {
        let texts = try row.stringArray("matchers")
        let matchers = texts.compactMap(LabelMatcher.init)
        guard matchers.count == texts.count else { return [] }
        return [GroupingRule(matchers: matchers, by: try row.stringArray("by_labels"), windowSeconds: try row.int("window_seconds"))]
    }
}
