import Logging
import Postgres

/// Runs SQL, several statements if need be, in the database of that URL: for tests that put rows where a service would have.
package func runSQL(_ script: String, at url: String) async throws {
    let configuration = PostgresConfiguration(url: url, applicationName: "tocsin-testkit")
    let quiet = Logger(label: "testkit") { _ in SwiftLogNoOpLogHandler() }
    let connection = try await PostgresConnection.connect(configuration, logger: quiet)
    do {
        try await connection.execute(script: script)
        await connection.close()
    } catch {
        await connection.close()
        throw error
    }
}
