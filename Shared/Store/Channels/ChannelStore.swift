package import Models
package import Postgres

/// A notification channel with its route, as stored.
package struct StoredChannel: Sendable, Hashable {
    package let id: ChannelID
    package let teamID: TeamID
    package let name: String
    /// Registry id, `slack`.
    package let type: String
    /// The channel type's own settings, some secret: one JSON object.
    package let config: [UInt8]
    package let enabled: Bool
    package let minSeverity: Severity
    package let matchers: [LabelMatcher]
    /// Empty: every kind.
    package let kinds: [IncidentEvent.Kind]
    package let consecutiveFailures: Int
    package let pausedUntil: Timestamp?
    package let lastError: String?
    package let lastErrorAt: Timestamp?
}

package enum ChannelStore {
    /// - Throws: a unique violation when the team has a channel of that name.
    package static func create(
        team: TeamID, name: String, type: String, config: String, minSeverity: Severity, matchers: [LabelMatcher],
        kinds: [IncidentEvent.Kind], in connection: PostgresConnection
    ) async throws -> ChannelID {
        let rows = try await connection.query(
            """
            -- create channel
            INSERT INTO notification_channels (team_id, name, type, config, min_severity, matchers, kinds)
            VALUES ($1, $2, $3, $4::jsonb, $5::incident_severity, $6::text[], $7::text[]) RETURNING id
            """, [team, name, type, config, minSeverity, matchers.map(\.description), kinds.map(\.rawValue)])
        guard let row = rows.first else { throw StoreError(message: "the new channel has no id") }
        return try row.identifier("id")
    }

    /// Deletes the channel and its deliveries' link; false when there is none.
    package static func remove(_ id: ChannelID, team: TeamID, in connection: PostgresConnection) async throws -> Bool {
        try await connection.query(
            """
            -- remove channel
            DELETE FROM notification_channels WHERE team_id = $1 AND id = $2
            """, [team, id]
        ).affected == 1
    }

    /// The channels of the given teams, by team and name.
    package static func list(teams: [TeamID], in connection: PostgresConnection) async throws -> [StoredChannel] {
        try await connection.query(
            """
            -- list channels
            SELECT id, team_id, name, type, config, enabled, min_severity, matchers, kinds, consecutive_failures, paused_until,
                last_error, last_error_at
            FROM notification_channels WHERE team_id = ANY($1::uuid[]) ORDER BY team_id, name
            """, [teams]
        ).map(channel)
    }

    /// Reads one row of `notification_channels`. A matcher that cannot be read disables the channel: without it, it would get more than
    /// was meant.
    package static func channel(_ row: Row) throws -> StoredChannel {
        let matchers = try row.stringArray("matchers")
        let readable = matchers.compactMap(LabelMatcher.init)
        return StoredChannel(
            id: try row.identifier("id"), teamID: try row.identifier("team_id"), name: try row.string("name"),
            type: try row.string("type"), config: try row.utf8("config"),
            enabled: try row.bool("enabled") && readable.count == matchers.count,
            minSeverity: try row.choice("min_severity"),
            matchers: readable,
            kinds: try row.stringArray("kinds").compactMap(IncidentEvent.Kind.init(rawValue:)),
            consecutiveFailures: try row.int("consecutive_failures"), pausedUntil: try row.optionalTimestamp("paused_until"),
            lastError: try row.optionalString("last_error"), lastErrorAt: try row.optionalTimestamp("last_error_at"))
    }
}
