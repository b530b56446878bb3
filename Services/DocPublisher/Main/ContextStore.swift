import Models
import Postgres
import Publishing
import Store

/// Reads what a post-mortem is made of.
enum ContextStore {
    static func context(_ job: DocumentJob, in connection: PostgresConnection) async throws -> (PostMortemContext, slug: String)? {
        let events = try await IncidentStore.events(of: job.incidentID, team: job.teamID, to: job.sequence, in: connection)
        guard let last = events.last, let team = try await team(job.teamID, in: connection) else { return nil }
        let context = PostMortemContext(
            teamName: team.name, incident: last.incident, events: events, alerts: try await alerts(job, in: connection),
            messages: try await messages(job, in: connection))
        return (context, team.slug)
    }

    private static func team(_ id: TeamID, in connection: PostgresConnection) async throws -> (name: String, slug: String)? {
        try await connection.query(
            """
            -- team of a document
            SELECT name, slug FROM teams WHERE id = $1
            """, [id]
        ).first.map { (try $0.string("name"), try $0.string("slug")) }
    }

    private static func alerts(
        _ job: DocumentJob, in connection: PostgresConnection
    ) async throws -> [PostMortemContext.AlertOccurrence] {
        try await connection.query(
            """
            -- alerts of a document
            SELECT a.labels, a.fingerprint, o.severity, o.starts_at, o.ends_at
            FROM alert_occurrences o JOIN alerts a USING (team_id, fingerprint)
            WHERE o.team_id = $1 AND o.incident_id = $2 ORDER BY o.starts_at, o.fingerprint LIMIT 5000
            """, [job.teamID, job.incidentID]
        ).map { row in
            let labels = try row.labels("labels")
            return PostMortemContext.AlertOccurrence(
                name: try labels["alertname"] ?? row.string("fingerprint"), severity: try row.choice("severity"), labels: labels,
                startsAt: try row.timestamp("starts_at"), endsAt: try row.optionalTimestamp("ends_at"))
        }
    }

    private static func messages(_ job: DocumentJob, in connection: PostgresConnection) async throws -> [PostMortemContext.Message] {
        try await connection.query(
            """
            -- messages of a document
            SELECT c.name, d.kind, d.state, d.finished_at
            FROM deliveries d JOIN notification_channels c ON c.id = d.channel_id
            WHERE d.team_id = $1 AND d.incident_id = $2 AND d.kind <> 'updated' AND d.part = 0
            ORDER BY d.created_at, c.name, d.part LIMIT 5000
            """, [job.teamID, job.incidentID]
        ).map { row in
            PostMortemContext.Message(
                channel: try row.string("name"), kind: try row.string("kind"), state: try row.string("state"),
                at: try row.optionalTimestamp("finished_at"))
        }
    }
}
