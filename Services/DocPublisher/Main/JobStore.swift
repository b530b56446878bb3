import Models
import Postgres
import Publishing
import Store

/// A document to write, claimed by this process until its lease ends.
struct DocumentJob: Sendable {
    let id: String
    let teamID: TeamID
    let incidentID: IncidentID
    /// The event after which the document is written.
    let sequence: Int64
    /// Number of this attempt, from 1.
    let attempt: Int
    /// Raised by every claim: an outcome is written only by the newest holder.
    let fence: Int64
}

/// SQL of `document_jobs`.
enum JobStore {
    static let leaseSeconds = 60

    static func add(_ events: [IncidentEvent], due: Timestamp, in connection: PostgresConnection) async throws {
        guard !events.isEmpty else { return }
        let sorted = events.sorted { ($0.incident.id, $0.sequence) < ($1.incident.id, $1.sequence) }
        _ = try await connection.query(
            """
            -- add document jobs
            INSERT INTO document_jobs (team_id, incident_id, kind, sequence, next_attempt_at)
            SELECT team_id, incident_id, $4, sequence, $5::timestamptz
            FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS n (team_id, incident_id, sequence)
            ON CONFLICT DO NOTHING
            """,
            [sorted.map(\.incident.teamID), sorted.map(\.incident.id), sorted.map(\.sequence), PostMortem.kind, due])
    }

    /// Claims what is due, and what a dead process had claimed.
    static func claim(limit: Int, in connection: PostgresConnection) async throws -> [DocumentJob] {
        try await connection.query(
            """
            -- claim document jobs
            WITH due AS (
                SELECT id FROM document_jobs
                WHERE state IN ('pending', 'running') AND next_attempt_at <= now() AND (lease_until IS NULL OR lease_until < now())
                ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED)
            UPDATE document_jobs j SET state = 'running', attempts = attempts + 1, fence = fence + 1,
                lease_until = now() + make_interval(secs => $2)
            FROM due WHERE j.id = due.id
            RETURNING j.id::text AS id, j.team_id, j.incident_id, j.sequence, j.attempts, j.fence
            """, [limit, leaseSeconds]
        ).map { row in
            DocumentJob(
                id: try row.string("id"), teamID: try row.identifier("team_id"), incidentID: try row.identifier("incident_id"),
                sequence: try row.int64("sequence"), attempt: try row.int("attempts"), fence: try row.int64("fence"))
        }
    }

    /// - Returns: false when another process has claimed the job since: then nothing of this attempt may be written.
    static func finish(_ job: DocumentJob, in connection: PostgresConnection) async throws -> Bool {
        try await connection.query(
            """
            -- finish document job
            UPDATE document_jobs SET state = 'done', lease_until = NULL, last_error = NULL WHERE id = $1::uuid AND fence = $2
            """, [job.id, job.fence]
        ).affected == 1
    }

    /// - Parameter next: nil gives up.
    static func fail(_ job: DocumentJob, error: String, next: Timestamp?, in connection: PostgresConnection) async throws -> Bool {
        try await connection.query(
            """
            -- fail document job
            UPDATE document_jobs SET state = CASE WHEN $3::timestamptz IS NULL THEN 'dead' ELSE 'pending' END,
                next_attempt_at = coalesce($3::timestamptz, next_attempt_at), lease_until = NULL, last_error = $4
            WHERE id = $1::uuid AND fence = $2
            """, [job.id, job.fence, next, String(error.prefix(500))]
        ).affected == 1
    }
}
