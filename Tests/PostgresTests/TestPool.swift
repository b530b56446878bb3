import Logging
import Postgres
import Synchronization
import TestKit
import Testing

/// A pool on a database of its own, closed and dropped afterwards.
func withPool<R: Sendable>(
    maxConnections: Int = 4, acquireTimeoutMilliseconds: Int = 5000, statementTimeoutMilliseconds: Int = 5000,
    preparedStatements: Bool = true, isolation: isolated (any Actor)? = #isolation, _ body: (PostgresPool, String) async throws -> R
) async throws -> R {
    try await withTestDatabase { url in
        let configuration = PostgresConfiguration(
            url: url, applicationName: "tocsin-tests", maxConnections: maxConnections,
            acquireTimeoutMilliseconds: acquireTimeoutMilliseconds, statementTimeoutMilliseconds: statementTimeoutMilliseconds,
            preparedStatements: preparedStatements)
        let pool = PostgresPool(configuration: configuration, logger: quiet)
        do {
            let result = try await body(pool, url)
            await pool.close()
            return result
        } catch {
            await pool.close()
            throw error
        }
    }
}

let quiet = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

/// Gives way to other tasks until the condition holds.
func eventually(within limit: Duration = .seconds(10), _ condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async {
    let deadline = ContinuousClock.now.advanced(by: limit)
    while !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("the condition did not come true", sourceLocation: sourceLocation)
            return
        }
        await Task.yield()
    }
}

extension PostgresConnection {
    func backendID() async throws -> Int {
        try await query("SELECT pg_backend_pid() AS pid")[0].int("pid")
    }
}

/// Ends a session from outside and waits until its process is gone.
func terminate(backend: Int, url: String) async throws {
    let connection = try await PostgresConnection.connect(
        PostgresConfiguration(url: url, applicationName: "tocsin-tests-killer", statementTimeoutMilliseconds: 30_000), logger: quiet)
    let done = try await connection.query("SELECT pg_terminate_backend($1::int, 20000) AS done", [backend])[0].bool("done")
    await connection.close()
    try #require(done)
}

struct Refusal: Error, Equatable {}

/// A value that several tasks change.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func withLock<R: Sendable>(_ body: (inout Value) -> R) -> R { value.withLock { body(&$0) } }
}
