import Logging
import Postgres

/// Refuses to start against a schema that is too old. A newer one is fine: migrations keep the previous release running.
enum SchemaCheck {
    private static let undefinedTable = "42P01"

    /// Waits for PostgreSQL up to `timeoutSeconds`.
    static func run(_ pool: PostgresPool, required: Int, timeoutSeconds: Int, logger: Logger) async throws {
        guard required > 0 else { return }
        let deadline = ContinuousClock.now.advanced(by: .seconds(timeoutSeconds))
        var backoff = Backoff(firstMilliseconds: 200, capMilliseconds: 3000)
        while true {
            do {
                let found = try await version(pool)
                guard found >= required else { throw StartRefused.oldSchema(found: found, required: required) }
                return
            } catch let error as PostgresError where error.isConnectionFault || error.code == .poolTimeout {
                if backoff.failures == 0 { logger.warning("waiting for PostgreSQL", metadata: ["error": "\(error)"]) }
                guard ContinuousClock.now < deadline else { throw StartRefused.databaseAway(seconds: timeoutSeconds) }
                try await Task.sleep(for: .milliseconds(backoff.failed()))
            }
        }
    }

    private static func version(_ pool: PostgresPool) async throws -> Int {
        do {
            let rows = try await pool.query(
                """
                -- schema_migrations.version
                SELECT coalesce(max(version), 0) AS version FROM schema_migrations
                """)
            return try rows.first?.int("version") ?? 0
        } catch let error as PostgresError where error.sqlState == undefinedTable {
            return 0
        }
    }
}
