import Models
import Postgres
import Store

/// Reads and marks the table `dead_letters`.
enum DeadLetterStore {
    /// The newest first.
    static func list(includingRedriven: Bool, limit: Int, in connection: PostgresConnection) async throws -> [DeadLetterRow] {
        try await connection.query(
            """
            -- list dead letters
            SELECT * FROM dead_letters WHERE $1 OR redriven_at IS NULL ORDER BY created_at DESC, id LIMIT $2
            """, [includingRedriven, limit]
        ).map(DeadLetterRow.init)
    }

    static func find(_ id: DeadLetterID, in connection: PostgresConnection) async throws -> DeadLetterRow? {
        try await connection.query(
            """
            -- find dead letter
            SELECT * FROM dead_letters WHERE id = $1
            """, [id]
        ).first.map(DeadLetterRow.init)
    }

    /// Locks letters that were not redriven, the oldest first, passing over those that somebody else is redriving now.
    static func claim(limit: Int, in connection: PostgresConnection) async throws -> [DeadLetterRow] {
        try await connection.query(
            """
            -- claim dead letters
            SELECT * FROM dead_letters WHERE redriven_at IS NULL ORDER BY created_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
            """, [limit]
        ).map(DeadLetterRow.init)
    }

    /// Locks one letter.
    static func claim(_ id: DeadLetterID, in connection: PostgresConnection) async throws -> DeadLetterRow? {
        try await connection.query(
            """
            -- claim dead letter
            SELECT * FROM dead_letters WHERE id = $1 FOR UPDATE
            """, [id]
        ).first.map(DeadLetterRow.init)
    }

    static func markRedriven(_ ids: [DeadLetterID], at now: Timestamp, in connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            -- mark redriven
            UPDATE dead_letters SET redriven_at = $2 WHERE id = ANY($1::uuid[])
            """, [ids, now])
    }
}
