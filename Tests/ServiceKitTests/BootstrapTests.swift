import Logging
import Models
import Postgres
import ServiceLifecycle
import TestKit
import Testing

@testable import ServiceKit

private struct NoConfig: ServiceConfig {
    init(from settings: inout SettingsReader) {}
}

private struct FailingService: Service {
    struct Broken: Error {}
    func run() async throws { throw Broken() }
}

@Suite(.timeLimit(.minutes(10))) struct BootstrapTests {
    private func run(_ harness: Harness, requires version: Int) async -> Int32 {
        let settings = SettingsReader(environment: [
            "KAFKA_BROKERS": harness.broker.bootstrapServers, "DATABASE_URL": harness.databaseURL, "TOCSIN_ADMIN_PORT": "0",
            "TOCSIN_LOG_LEVEL": "critical",
        ])
        return await Bootstrap.run(
            ServiceIdentity(name: "example", defaultAdminPort: 0, requiredSchemaVersion: version), NoConfig.self, arguments: [],
            settings: settings
        ) { _, _ in [FailingService()] }
    }

    @Test("an old schema is refused with 69, a service that fails ends with 70")
    func schema() async throws {
        try await Harness.run { harness in
            #expect(await run(harness, requires: 1) == 69)
            _ = try await harness.runtime.pool.query("CREATE TABLE schema_migrations (version integer PRIMARY KEY)")
            _ = try await harness.runtime.pool.query("INSERT INTO schema_migrations VALUES (1), (2)")
            #expect(await run(harness, requires: 3) == 69)
            #expect(await run(harness, requires: 2) == 70)
        }
    }

    @Test("the start waits for PostgreSQL, but not for ever")
    func databaseAway() async throws {
        try await Harness.run { harness in
            try await harness.databaseAway(true)
            let error = await #expect(throws: StartRefused.self) {
                try await SchemaCheck.run(harness.runtime.pool, required: 1, timeoutSeconds: 1, logger: Harness.quietLogger)
            }
            #expect(error?.exitCode == 69)
            try await harness.databaseAway(false)
        }
    }
}
