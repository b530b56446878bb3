import FoundationEssentials
import Models
import Postgres
import Store

/// Who was told of an event, or will be: a row of the delivery ledger without its secrets.
struct DeliveryRow: Sendable, Hashable {
    let channel: String
    let channelType: String
    let kind: String
    let sequence: Int64
    /// `pending`, `sending`, `sent`, `dead`, `in_doubt`, `suppressed`
    let state: String
    let attempts: Int
    let lastStatus: Int?
    let lastError: String?
    let createdAt: Timestamp
    let finishedAt: Timestamp?

    init(_ row: Row) throws {
        channel = try row.string("channel")
        channelType = try row.string("type")
        kind = try row.string("kind")
        sequence = try row.int64("sequence")
        state = try row.string("state")
        attempts = try row.int("attempts")
        lastStatus = try row.optionalInt("last_status")
        lastError = try row.optionalString("last_error")
        createdAt = try row.timestamp("created_at")
        finishedAt = try row.optionalTimestamp("finished_at")
    }
}

/// One incident with all that belongs to it.
struct IncidentDetail: Sendable {
    static let maxAlerts = 1000
    /// The latest events; a storm can make thousands.
    static let maxEvents: Int64 = 500
    static let maxDeliveries = 500

    let incident: Incident
    let alertIDs: [UUID]
    let alerts: [AlertRow]
    let events: [IncidentEvent]
    let deliveries: [DeliveryRow]

    /// nil: the team has no such incident.
    static func read(_ reference: String, team: TeamID, in connection: PostgresConnection) async throws -> IncidentDetail? {
        guard let incident = try await IncidentQueries.find(reference, team: team, in: connection) else { return nil }
        return IncidentDetail(
            incident: incident,
            alertIDs: try await AlertQueries.ids(of: incident.id, team: team, limit: maxAlerts, in: connection),
            alerts: try await AlertQueries.occurrences(of: incident.id, team: team, limit: maxAlerts, in: connection),
            events: try await IncidentStore.events(
                of: incident.id, team: team, from: max(1, incident.sequence - maxEvents + 1), in: connection),
            deliveries: try await deliveries(of: incident.id, team: team, in: connection))
    }

    private static func deliveries(
        of incident: IncidentID, team: TeamID, in connection: PostgresConnection
    ) async throws -> [DeliveryRow] {
        try await connection.query(
            """
            -- deliveries of incident
            SELECT c.name AS channel, c.type, d.kind, d.sequence, d.state, d.attempts, d.last_status, d.last_error, d.created_at,
                d.finished_at
            FROM deliveries d JOIN notification_channels c ON c.team_id = d.team_id AND c.id = d.channel_id
            WHERE d.team_id = $1 AND d.incident_id = $2
            ORDER BY d.sequence DESC, c.name, d.part LIMIT $3::int
            """, [team, incident, maxDeliveries]
        ).map { try DeliveryRow($0) }
    }
}
