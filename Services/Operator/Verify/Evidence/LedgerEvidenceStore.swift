import Delivery
import Models
import Postgres
import Store

/// SQL of channels and of the ledger.
enum LedgerEvidenceStore {
    static func channels(of team: TeamID, in connection: PostgresConnection) async throws -> [VerifiedChannel] {
        try await connection.query(
            """
            -- verify channels
            SELECT id, team_id, name, type, enabled, min_severity, matchers, kinds, routed_since FROM notification_channels
            WHERE team_id = $1 ORDER BY name
            """, [team]
        ).map { row in
            VerifiedChannel(
                id: try row.identifier("id"), name: try row.string("name"), route: try route(row), isEnabled: try row.bool("enabled"),
                routedSince: try row.timestamp("routed_since"))
        }
    }

    /// nil where the notifier, too, can make nothing of it.
    private static func route(_ row: Row) throws -> ChannelRoute? {
        let matchers = try row.stringArray("matchers")
        let kinds = try row.stringArray("kinds")
        let route = ChannelRoute(
            channelID: try row.identifier("id"), teamID: try row.identifier("team_id"), type: try row.string("type"),
            minSeverity: try row.choice("min_severity"), matchers: matchers.compactMap { LabelMatcher($0) },
            kinds: kinds.compactMap { IncidentEvent.Kind(rawValue: $0) })
        return route.matchers.count == matchers.count && route.kinds.isEmpty == kinds.isEmpty ? route : nil
    }

    /// All rows of some incidents.
    static func entries(of ids: [IncidentID], team: TeamID, in connection: PostgresConnection) async throws -> [LedgerEntry] {
        try await connection.query(
            """
            -- verify ledger
            SELECT d.id, d.incident_id, d.sequence, d.channel_id, c.type, d.part, d.kind, d.state, d.resends, d.next_attempt_at,
                d.last_error, d.created_at, d.finished_at
            FROM deliveries d JOIN notification_channels c ON c.id = d.channel_id
            WHERE d.team_id = $1 AND d.incident_id = ANY($2::uuid[])
            """, [team, ids]
        ).map { row in
            LedgerEntry(
                id: try row.identifier("id"), incidentID: try row.identifier("incident_id"), sequence: try row.int64("sequence"),
                channelID: try row.identifier("channel_id"), channelType: try row.string("type"), part: try row.int("part"),
                kind: try row.string("kind"), state: try row.string("state"), resends: try row.int("resends"),
                nextAttemptAt: try row.timestamp("next_attempt_at"), reason: try row.optionalString("last_error"),
                createdAt: try row.timestamp("created_at"), finishedAt: try row.optionalTimestamp("finished_at"))
        }
    }
}
