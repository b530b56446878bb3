import FoundationEssentials
import Logging
import Postgres

/// At most so many test databases at a time: tests run in parallel, and the machine and the server's connections are finite.
private let databasesAtOnce = 6

private let turns = Turns(count: databasesAtOnce)

/// Creates an empty database, lends its URL to `body` and drops it, with every connection that is still open to it.
///
/// Waits for its turn where many tests ask at once; do not nest.
package func withTestDatabase<R: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> R
) async throws -> R {
    let server = try await TestPostgres.shared()
    await turns.take()
    let name = "tocsin_test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
    do {
        try await administer(server, "CREATE DATABASE \(name)")
        let result = try await body(PostgresURL.replacingDatabase(of: server, with: name))
        try await administer(server, "DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
        await turns.giveBack()
        return result
    } catch {
        // The test's own error is the one to show; a database that could not be dropped goes with the private server.
        try? await administer(server, "DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
        await turns.giveBack()
        throw error
    }
}

private func administer(_ server: String, _ statement: String) async throws {
    let configuration = PostgresConfiguration(url: server, applicationName: "tocsin-testkit", statementTimeoutMilliseconds: 60_000)
    let quiet = Logger(label: "testkit") { _ in SwiftLogNoOpLogHandler() }
    let connection = try await PostgresConnection.connect(configuration, logger: quiet)
    do {
        try await connection.execute(script: statement)
        await connection.close()
    } catch {
        await connection.close()
        throw error
    }
}

/// A number of turns, handed out first come, first served.
private actor Turns {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(count: Int) { free = count }

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func giveBack() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
