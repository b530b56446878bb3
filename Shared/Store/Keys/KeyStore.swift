package import Models
package import Postgres

/// A key without its secret.
package struct AccessKey: Sendable, Hashable {
    package let id: KeyID
    package let teamID: TeamID
    package let kind: AccessToken.Kind
    package let name: String
    /// Ingest keys: the only source it may send for; nil: any.
    package let source: String?
    /// Ingest keys: whether alerts may wait in the gateway's spool.
    package let whenBrokerAway: BrokerAwayPolicy
    /// SHA-256 of the token.
    package let tokenHash: [UInt8]
    package let tokenPrefix: String
    package let createdAt: Timestamp
    package let expiresAt: Timestamp?
    package let revokedAt: Timestamp?

    package func isValid(at now: Timestamp) -> Bool { revokedAt == nil && (expiresAt.map { now < $0 } ?? true) }
}

package enum KeyStore {
    /// Stores a new key and returns its token, which nobody can read again.
    package static func create(
        _ kind: AccessToken.Kind, name: String, team: TeamID, source: String?, whenBrokerAway: BrokerAwayPolicy = .spool,
        in connection: PostgresConnection
    ) async throws -> (KeyID, AccessToken) {
        let token = AccessToken.random(kind)
        let rows = try await connection.query(
            """
            -- create key
            INSERT INTO access_keys (team_id, kind, name, source, token_hash, token_prefix, when_broker_away)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            RETURNING id
            """, [team, kind.rawValue, name, source, token.hash, token.prefix, whenBrokerAway.rawValue])
        guard let row = rows.first else { throw StoreError(message: "the new key has no id") }
        return (try row.identifier("id"), token)
    }

    /// Makes a second key of the same name, kind, source and policy and lets the old one end at `graceEnds`, so that both are valid meanwhile.
    /// - Returns: nil when there is no valid key of that id.
    package static func rotate(
        _ id: KeyID, graceEnds: Timestamp, now: Timestamp, in connection: PostgresConnection
    ) async throws -> (KeyID, AccessToken)? {
        guard let old = try await list(in: connection).first(where: { $0.id == id }), old.isValid(at: now) else { return nil }
        _ = try await connection.query(
            """
            -- end rotated key
            UPDATE access_keys SET expires_at = least(expires_at, $2) WHERE id = $1
            """, [id, graceEnds])
        return try await create(
            old.kind, name: old.name, team: old.teamID, source: old.source, whenBrokerAway: old.whenBrokerAway, in: connection)
    }

    /// - Returns: false when there is no such key, or it was revoked before.
    package static func revoke(_ id: KeyID, now: Timestamp, in connection: PostgresConnection) async throws -> Bool {
        try await connection.query(
            """
            -- revoke key
            UPDATE access_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL
            """, [id, now]
        ).affected == 1
    }

    /// All keys, by team, kind, name and age.
    package static func list(in connection: PostgresConnection) async throws -> [AccessKey] {
        try await connection.query(
            """
            -- list keys
            SELECT id, team_id, kind, name, source, when_broker_away, token_hash, token_prefix, created_at, expires_at,
                revoked_at
            FROM access_keys ORDER BY team_id, kind, name, created_at
            """
        ).map { row in
            AccessKey(
                id: try row.identifier("id"), teamID: try row.identifier("team_id"), kind: try row.choice("kind"),
                name: try row.string("name"), source: try row.optionalString("source"),
                whenBrokerAway: try row.choice("when_broker_away"), tokenHash: try row.bytes("token_hash"),
                tokenPrefix: try row.string("token_prefix"), createdAt: try row.timestamp("created_at"),
                expiresAt: try row.optionalTimestamp("expires_at"), revokedAt: try row.optionalTimestamp("revoked_at"))
        }
    }
}
