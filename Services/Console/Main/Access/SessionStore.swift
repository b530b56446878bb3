import Models
import Postgres
import Store

/// SQL of `console_sessions`.
enum SessionStore {
    static func begin(_ token: SessionToken, key: AccessKey, now: Timestamp, expiresAt: Timestamp, in pool: PostgresPool) async throws {
        _ = try await pool.query(
            """
            -- drop ended sessions
            DELETE FROM console_sessions WHERE expires_at < $1
            """, [now])
        _ = try await pool.query(
            """
            -- begin session
            INSERT INTO console_sessions (id_hash, team_id, key_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
            """, [token.hash, key.teamID, key.id, now, expiresAt])
    }

    /// nil: unknown or over, or the key it was begun with is expired or revoked.
    static func visitor(of token: SessionToken, now: Timestamp, in pool: PostgresPool) async throws -> Visitor? {
        try await pool.query(
            """
            -- session
            SELECT s.team_id, s.key_id, k.name
            FROM console_sessions s JOIN access_keys k ON k.id = s.key_id AND k.team_id = s.team_id
            WHERE s.id_hash = $1 AND s.expires_at > $2 AND k.kind = 'api' AND k.revoked_at IS NULL
                AND (k.expires_at IS NULL OR k.expires_at > $2)
            """, [token.hash, now]
        ).first.map { row in
            Visitor(
                teamID: try row.identifier("team_id"), keyID: try row.identifier("key_id"), name: try row.string("name"), session: token)
        }
    }

    static func end(_ token: SessionToken, in pool: PostgresPool) async throws {
        _ = try await pool.query(
            """
            -- end session
            DELETE FROM console_sessions WHERE id_hash = $1
            """, [token.hash])
    }
}
