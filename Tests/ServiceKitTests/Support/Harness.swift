import Foundation
import Kafka
import Logging
import Models
import Postgres
import ServiceKit
import ServiceLifecycle
import TestKit

/// A database with ServiceKit's tables, a mock broker with the topics, and a runtime on both.
struct Harness: Sendable {
    /// The tables that ServiceKit's own statements use, as the migrations make them, and one for the test handlers.
    private static let schema = """
        CREATE TABLE outbox (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, team_id uuid NOT NULL, topic text NOT NULL, key text NOT NULL,
            ce_id text NOT NULL, ce_type text NOT NULL, source text NOT NULL, occurred_at timestamptz NOT NULL, traceparent text,
            payload text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
        CREATE TABLE consumer_offsets (
            consumer_group text NOT NULL, topic text NOT NULL, partition integer NOT NULL, cluster_id text NOT NULL,
            next_offset bigint NOT NULL CHECK (next_offset >= 0), owner text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now(),
            attempted_offset bigint, attempts integer NOT NULL DEFAULT 0,
            PRIMARY KEY (consumer_group, topic, partition));
        CREATE TABLE dead_letters (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(), consumer_group text NOT NULL, cluster_id text NOT NULL, topic text NOT NULL,
            partition integer NOT NULL, "offset" bigint NOT NULL, reason text NOT NULL, record_key bytea, record_value bytea NOT NULL,
            headers jsonb NOT NULL DEFAULT '[]', created_at timestamptz NOT NULL DEFAULT now(), redriven_at timestamptz,
            UNIQUE (consumer_group, cluster_id, topic, partition, "offset"));
        CREATE TABLE seen (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, value text NOT NULL);
        """

    let broker: MockBroker
    let databaseURL: String
    let runtime: Runtime

    static func run(signalPartitions: Int = 1, _ body: (Harness) async throws -> Void) async throws {
        try await withTestDatabase { url in
            let connection = try await PostgresConnection.connect(
                PostgresConfiguration(url: url, applicationName: "schema"), logger: quietLogger)
            try await connection.execute(script: schema)
            await connection.close()
            let harness = try Harness(databaseURL: url, signalPartitions: signalPartitions)
            do { try await body(harness) } catch {
                await harness.runtime.close()
                throw error
            }
            await harness.runtime.close()
        }
    }

    static let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private init(databaseURL: String, signalPartitions: Int) throws {
        self.databaseURL = databaseURL
        broker = try MockBroker(topics: [Topic.signals.name: signalPartitions, Topic.incidents.name: 1, Topic.deadletter.name: 1])
        runtime = try Self.runtime(broker: broker.bootstrapServers, databaseURL: databaseURL)
    }

    static func runtime(broker: String, databaseURL: String, kafkaProperties: String = "") throws -> Runtime {
        var settings = SettingsReader(environment: [
            "KAFKA_BROKERS": broker, "DATABASE_URL": databaseURL, "TOCSIN_INSTANCE_ID": "test-\(UUID().uuidString)",
            "TOCSIN_ADMIN_PORT": "0", "TOCSIN_KAFKA_PROPERTIES": kafkaProperties,
        ])
        let common = CommonConfig(from: &settings)
        return try Bootstrap.makeRuntime(
            ServiceIdentity(name: "example", defaultAdminPort: 0, requiredSchemaVersion: 0), common, logger: quietLogger)
    }

    /// Runs the services for the length of `body`, then stops them gracefully.
    func serving(_ services: any Service..., body: () async throws -> Void) async throws {
        let group = ServiceGroup(configuration: .init(services: services, logger: Self.quietLogger))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            do { try await body() } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// - Parameter key: of each value's record; by default the same for all.
    func produce(
        _ values: [String], to topic: Topic = .signals, key: (String) -> String = { _ in "key" }
    ) async throws {
        let records = values.map {
            OutgoingRecord(
                topic: topic.name, key: Array(key($0).utf8), value: Array($0.utf8),
                headers: [KafkaHeader(name: "ce_id", value: "id-\($0)")])
        }
        try await runtime.producer.send(records, timeoutMilliseconds: 20_000)
    }

    /// The values that handlers have committed, in order.
    func seen() async throws -> [String] {
        try await runtime.pool.query("SELECT value FROM seen ORDER BY id").map { try $0.string("value") }
    }

    func count(_ sql: StaticString) async throws -> Int {
        try await runtime.pool.query(sql).first?.int(0) ?? 0
    }

    func outboxRows() async throws -> Int { try await count("SELECT count(*) FROM outbox") }

    /// The first `count` records of a topic, read by a stranger.
    func records(of topic: Topic, count: Int) async throws -> [IncomingRecord] {
        let consumer = try Consumer(
            ConsumerConfiguration(
                brokers: broker.bootstrapServers, clientID: "reader", group: "reader-\(UUID().uuidString)", topics: [topic.name]),
            logger: Self.quietLogger
        ) { assigned, _ in Dictionary(uniqueKeysWithValues: assigned.map { ($0, .earliest) }) }
        var records: [IncomingRecord] = []
        do {
            while records.count < count {
                records += try await consumer.nextBatch(
                    maxRecords: count - records.count, maxBytes: 1 << 20, maxWaitMilliseconds: 20, idleWaitMilliseconds: 1000
                ).records
                try Task.checkCancellation()
            }
        } catch {
            await consumer.close()
            throw error
        }
        await consumer.close()
        return records
    }

    /// Cuts the database off as a stopped server would: existing connections die, new ones are refused.
    func databaseAway(_ isAway: Bool) async throws {
        let admin = try await PostgresConnection.connect(
            PostgresConfiguration(url: try await TestPostgres.shared(), applicationName: "fault"), logger: Self.quietLogger)
        let name = URLComponents(string: databaseURL)?.path.dropFirst().description ?? ""
        try await admin.execute(script: "ALTER DATABASE \(name) ALLOW_CONNECTIONS \(!isAway)")
        if isAway {
            _ = try await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", [name])
        }
        await admin.close()
    }
}

/// Waits for a state of the database that no signal announces.
func eventually(_ what: String, seconds: Int = 40, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
    while ContinuousClock.now < deadline {
        // While the database is cut off a question fails; that is an answer too: not yet.
        if (try? await condition()) == true { return }
        try await Task.sleep(for: .milliseconds(25))
    }
    throw NotInTime(what: what)
}

struct NotInTime: Error { let what: String }
