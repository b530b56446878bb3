import Models
import Postgres
import Store

/// Follows a drill through the database. All times are the server's, so that no two clocks are compared.
enum DrillStore {
    /// The consumer group whose progress says that deliveries are planned.
    private static let notifierGroup = "notifier"

    static func now(in pool: PostgresPool) async throws -> Timestamp {
        let rows = try await pool.query(
            """
            -- server time
            SELECT now() AS now
            """)
        guard let row = rows.first else { throw StoreError(message: "the server has no time") }
        return try row.timestamp("now")
    }

    /// The incident that the drill's alert belongs to; nil until the grouper has seen it.
    static func incident(of drill: DrillAlert, team: TeamID, in pool: PostgresPool) async throws -> DrilledIncident? {
        try await pool.query(
            """
            -- drilled incident
            SELECT i.id, i.number, i.status::text AS status FROM alerts a
            JOIN incidents i ON i.team_id = a.team_id AND i.id = a.incident_id
            WHERE a.team_id = $1 AND a.labels @> $2::jsonb
            """, [team, [DrillAlert.idLabel: drill.id].json]
        ).first.map { row in
            DrilledIncident(id: try row.identifier("id"), number: try row.int64("number"), status: try row.choice("status"))
        }
    }

    /// What the ledger says of every channel that is on.
    static func report(incident: IncidentID, team: TeamID, since start: Timestamp, in pool: PostgresPool) async throws -> DrillReport {
        let receipts = try await pool.query(
            """
            -- drill receipts
            SELECT c.name, c.type, d.state, coalesce(d.attempts, 0) AS attempts, d.provider_id, d.last_error,
                CASE WHEN d.state = 'sent' THEN greatest(0, round(extract(epoch FROM d.finished_at - $3::timestamptz) * 1000))::bigint
                END AS milliseconds
            FROM notification_channels c
            LEFT JOIN deliveries d ON d.channel_id = c.id AND d.incident_id = $2 AND d.kind <> 'resolved' AND d.created_at >= $3
            WHERE c.team_id = $1 AND c.enabled ORDER BY c.name, d.sequence, d.part
            """, [team, incident, start]
        ).map { row in
            Receipt(
                channel: try row.string("name"), type: try row.string("type"), state: try row.optionalString("state"),
                attempts: try row.int("attempts"), milliseconds: try row.optionalInt64("milliseconds"),
                providerID: try row.optionalString("provider_id"), error: try row.optionalString("last_error"))
        }
        let progress = try await pool.query(
            """
            -- notifier has seen the drill
            SELECT 1 FROM consumer_progress WHERE consumer_group = $1 AND incident_id = $2
            """, [notifierGroup, incident])
        return DrillReport(receipts: receipts, isPlanned: !progress.isEmpty)
    }
}

/// The incident of a drill.
struct DrilledIncident: Sendable, Hashable {
    let id: IncidentID
    let number: Int64
    let status: Incident.Status
}
