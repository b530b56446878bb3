import JSON
import Logging
import Models
import Postgres
import Publishing
import ServiceKit
import Store
import TestKit

@testable import doc_publisher

/// A database with our schema, one team and one incident whose document is due, and a mock broker. Notes each fact that enters the outbox,
/// since the outbox itself is empty again as soon as the broker has it.
struct DocsDatabase: Sendable {
    private static let notedFacts = """
        CREATE TABLE noted_facts (id bigint PRIMARY KEY, type text NOT NULL, payload text NOT NULL);
        CREATE FUNCTION note_fact() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO noted_facts (id, type, payload) VALUES (new.id, new.ce_type, new.payload);
            RETURN new;
        END $$;
        CREATE TRIGGER note_fact AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION note_fact();
        """

    let runtime: Runtime
    private let broker: MockBroker

    var pool: PostgresPool { runtime.pool }

    static func with(_ body: (DocsDatabase) async throws -> Void) async throws {
        try await withTestDatabase { url in
            let connection = try await PostgresConnection.connect(
                PostgresConfiguration(url: url, applicationName: "docs-tests"), logger: quiet)
            _ = try await Migrator().up(connection)
            try await connection.execute(script: notedFacts)
            let team = try await TeamStore.create(slug: "ops", name: "Operations", in: connection)
            await connection.close()
            let database = try DocsDatabase(url: url)
            do {
                try await database.addJob(team)
                try await body(database)
            } catch {
                await database.runtime.close()
                throw error
            }
            await database.runtime.close()
        }
    }

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private init(url: String) throws {
        broker = try MockBroker(topics: [Topic.documents.name: 1])
        var settings = SettingsReader(environment: [
            "KAFKA_BROKERS": broker.bootstrapServers, "DATABASE_URL": url, "TOCSIN_ADMIN_PORT": "0", "TOCSIN_INSTANCE_ID": "first",
        ])
        let common = CommonConfig(from: &settings)
        runtime = try Bootstrap.makeRuntime(Entry.identity, common, logger: Self.quiet)
    }

    private func addJob(_ team: TeamID) async throws {
        let start = Timestamp(seconds: 1_795_240_516)
        let incident = Incident(
            id: .random(), teamID: team, number: 1, title: "Checkout answers 5xx", description: "", status: .open, severity: .high,
            groupingKey: GroupingKey("service=checkout"), labels: [:], createdAt: start, updatedAt: start)
        let event = incident.opened(by: .system("alert-grouper"), at: start, change: .init(alertsFired: 1))
        try await pool.withTransaction { connection in
            IncidentStore.save([event], in: connection)
            try await JobStore.add([event], due: start, in: connection)
        }
    }

    /// What the given pass of a writer with these publishers does.
    func pass(_ publishers: [(id: String, publisher: any Publisher)]) async throws -> Int {
        try await DocumentWriter(runtime: runtime, publishers: publishers).pass()
    }

    func facts() async throws -> [DocumentRecord] {
        try await pool.query("SELECT payload FROM noted_facts ORDER BY id").map { try DocumentRecord(decoding: $0.utf8("payload")) }
    }

    func job() async throws -> (state: String, error: String?) {
        let rows = try await pool.query("SELECT state, last_error FROM document_jobs")
        return (try rows.first?.string("state") ?? "none", try rows.first?.optionalString("last_error"))
    }
}

/// A publisher that works, or fails, as told; `before` runs first.
struct TestPublisher: Publisher {
    struct Away: Error {}

    static let id = "test"
    var isAway = false
    var before: @Sendable () async throws -> Void = {}

    init(isAway: Bool = false, before: @escaping @Sendable () async throws -> Void = {}) {
        self.isAway = isAway
        self.before = before
    }

    init(config: DocsConfig) throws { self.init() }

    func publish(_ document: RenderedDocument) async throws -> String {
        try await before()
        if isAway { throw Away() }
        return "/documents/\(document.fileName)"
    }
}
