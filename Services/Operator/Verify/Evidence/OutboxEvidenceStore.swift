import Models
import Postgres
import Store

/// A row that waits in the outbox.
struct WaitingFact: Sendable, Hashable {
    let row: Int64
    let teamID: TeamID
    let topic: String
    let id: String
    let createdAt: Timestamp
}

/// SQL of the outbox.
enum OutboxEvidenceStore {
    /// The oldest rows.
    static func waiting(team: TeamID?, limit: Int, in connection: PostgresConnection) async throws -> [WaitingFact] {
        try await connection.query(
            """
            -- verify outbox
            SELECT id, team_id, topic, ce_id, created_at FROM outbox WHERE $1::uuid IS NULL OR team_id = $1 ORDER BY id LIMIT $2
            """, [team, limit]
        ).map { row in
            WaitingFact(
                row: try row.int64("id"), teamID: try row.identifier("team_id"), topic: try row.string("topic"),
                id: try row.string("ce_id"),
                createdAt: try row.timestamp("created_at"))
        }
    }
}
