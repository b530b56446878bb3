package import Models
package import Postgres

/// Applies migrations: one at a time in a transaction of its own, one migrator at a time (advisory lock).
package struct Migrator: Sendable {
    /// One row of `tocsin migrate status`.
    package struct Status: Sendable, Hashable {
        package let version: Int
        package let name: String
        package let appliedAt: Timestamp?
    }

    /// Key of the advisory lock: "tocsin" in ASCII.
    private static let lockKey: Int64 = 0x74_6F63_7369_6E00

    private let migrations: [Migration]

    package init(migrations: [Migration] = Migration.all) { self.migrations = migrations }

    /// Applies what is missing.
    /// - Returns: the migrations applied now, in order; empty when there was nothing to do.
    package func up(_ connection: PostgresConnection, to target: Int? = nil) async throws -> [Migration] {
        try await locked(connection) {
            let applied = try await verified(connection)
            let missing = migrations.filter { applied[$0.version] == nil && $0.version <= target ?? .max }
            for migration in missing { try await apply(migration, connection) }
            return missing
        }
    }

    /// Takes the newest steps back, down to but without `target`.
    package func down(_ connection: PostgresConnection, to target: Int) async throws -> [Migration] {
        try await locked(connection) {
            let applied = try await verified(connection)
            let doomed = migrations.filter { applied[$0.version] != nil && $0.version > target }.reversed()
            for migration in doomed { try await revert(migration, connection) }
            return Array(doomed)
        }
    }

    /// Changes nothing, whatever the state of the database.
    package func status(_ connection: PostgresConnection) async throws -> [Status] {
        let exists = try await connection.query(
            """
            -- migrations table
            SELECT to_regclass('schema_migrations') IS NOT NULL AS found
            """
        ).first?.bool("found")
        let applied = exists == true ? try await verified(connection) : [:]
        return migrations.map { Status(version: $0.version, name: $0.name, appliedAt: applied[$0.version]) }
    }

    private func locked<R: Sendable>(_ connection: PostgresConnection, _ body: () async throws -> R) async throws -> R {
        try await lock(connection)
        let result: R
        do {
            // Only under the lock: two sessions that create the same table at once fail, in spite of IF NOT EXISTS.
            try await createTable(connection)
            result = try await body()
        } catch {
            // The first error is the one to tell of; the lock ends with the session at the latest.
            try? await unlock(connection)
            throw error
        }
        try await unlock(connection)
        return result
    }

    /// Waits for a migrator that is at work for as long as its migrations may take. The lock is the session's and outlives the COMMIT.
    private func lock(_ connection: PostgresConnection) async throws {
        try await connection.execute(
            script: """
                BEGIN;
                SET LOCAL statement_timeout = '15min';
                SET LOCAL lock_timeout = '15min';
                SELECT pg_advisory_lock(\(Migrator.lockKey));
                COMMIT;
                """)
    }

    private func unlock(_ connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            -- unlock migrations
            SELECT pg_advisory_unlock($1)
            """, [Migrator.lockKey])
    }

    private func createTable(_ connection: PostgresConnection) async throws {
        try await connection.execute(
            script: """
                SET client_min_messages = warning;
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    version integer PRIMARY KEY,
                    name text NOT NULL,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now()
                );
                """)
    }

    /// Versions applied, after checking that their text is the one of this build.
    private func verified(_ connection: PostgresConnection) async throws -> [Int: Timestamp] {
        let rows = try await connection.query(
            """
            -- applied migrations
            SELECT version, checksum, applied_at FROM schema_migrations ORDER BY version
            """)
        var applied: [Int: Timestamp] = [:]
        for row in rows {
            let version = try row.int("version")
            guard let migration = migrations.first(where: { $0.version == version }) else {
                throw StoreError.unknownVersion(version)
            }
            guard try row.string("checksum") == migration.checksum else { throw StoreError.checksum(version: version) }
            applied[version] = try row.timestamp("applied_at")
        }
        return applied
    }

    private func apply(_ migration: Migration, _ connection: PostgresConnection) async throws {
        try await transaction(connection, migration.up) {
            _ = try await connection.query(
                """
                -- note migration
                INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)
                """, [migration.version, migration.name, migration.checksum])
        }
    }

    private func revert(_ migration: Migration, _ connection: PostgresConnection) async throws {
        try await transaction(connection, migration.down) {
            _ = try await connection.query(
                """
                -- forget migration
                DELETE FROM schema_migrations WHERE version = $1
                """, [migration.version])
        }
    }

    private func transaction(_ connection: PostgresConnection, _ script: String, note: () async throws -> Void) async throws {
        try await connection.execute(script: "BEGIN; SET LOCAL statement_timeout = '10min'; SET LOCAL lock_timeout = '5s';")
        do {
            try await connection.execute(script: script)
            try await note()
            try await connection.execute(script: "COMMIT;")
        } catch {
            // The first error is the one to tell of; a lost connection rolls back by itself.
            try? await connection.execute(script: "ROLLBACK;")
            throw error
        }
    }
}
