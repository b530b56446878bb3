import Delivery
import Kafka
import Logging
import Models
import Postgres
import ServiceKit
import Store
import TestKit

@testable import notifier

/// A database with our schema and one team, a mock broker, and the notifier's parts on both. Notes each fact that enters the outbox, since
/// the outbox itself is empty again as soon as the broker has it.
struct LedgerDatabase: Sendable {
    private static let notedFacts = """
        CREATE TABLE noted_facts (id bigint PRIMARY KEY, type text NOT NULL, payload json NOT NULL);
        CREATE FUNCTION note_fact() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO noted_facts (id, type, payload) VALUES (new.id, new.ce_type, new.payload::json);
            RETURN new;
        END $$;
        CREATE TRIGGER note_fact AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION note_fact();
        """

    let runtime: Runtime
    let team: TeamID
    let registry: ChannelRegistry
    private let broker: MockBroker

    var pool: PostgresPool { runtime.pool }
    var outcomes: OutcomeRecorder { OutcomeRecorder(runtime: runtime, registry: registry) }
    var leases: LeasePass { leases(held: DeliveryQueue(maxInFlight: 64)) }

    func leases(held queue: DeliveryQueue, owner: LeaseOwner = .current(name: "first")) -> LeasePass {
        LeasePass(runtime: runtime, outcomes: outcomes, queue: queue, owner: owner, wakeup: Wakeup(), restartGraceSeconds: 0)
    }

    /// - Parameter clockOffBySeconds: how wrong this process's wall clock is.
    static func with(clockOffBySeconds offset: Int = 0, _ body: (LedgerDatabase) async throws -> Void) async throws {
        try await withTestDatabase { url in
            let connection = try await PostgresConnection.connect(
                PostgresConfiguration(url: url, applicationName: "notifier-tests"), logger: quiet)
            _ = try await Migrator().up(connection)
            try await connection.execute(script: notedFacts)
            let team = try await TeamStore.create(slug: "ops", name: "Operations", in: connection)
            await connection.close()
            let database = try LedgerDatabase(url: url, team: team, clockOffBySeconds: offset)
            do { try await body(database) } catch {
                await database.runtime.close()
                throw error
            }
            await database.runtime.close()
        }
    }

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private init(url: String, team: TeamID, clockOffBySeconds offset: Int) throws {
        self.team = team
        registry = try ChannelRegistry()
        broker = try MockBroker(topics: [Topic.notifications.name: 1])
        var settings = SettingsReader(
            environment: [
                "KAFKA_BROKERS": broker.bootstrapServers, "DATABASE_URL": url, "TOCSIN_ADMIN_PORT": "0", "TOCSIN_INSTANCE_ID": "first",
            ])
        let common = CommonConfig(from: &settings)
        runtime = try Bootstrap.makeRuntime(
            ServiceIdentity(name: "notifier", defaultAdminPort: 0, requiredSchemaVersion: 0), common, logger: Self.quiet,
            clock: { SystemClock.now().adding(seconds: offset) })
    }

    func config(_ environment: [String: String] = [:]) -> NotifierConfig {
        var settings = SettingsReader(environment: environment)
        return NotifierConfig(from: &settings)
    }

    // MARK: Before the ledger

    func addChannel(
        _ name: String = "main", type: String = "webhook", config: String = "{}", minSeverity: Severity = .low,
        matchers: [LabelMatcher] = [], kinds: [IncidentEvent.Kind] = []
    ) async throws -> ChannelID {
        try await pool.withConnection {
            try await ChannelStore.create(
                team: team, name: name, type: type, config: config, minSeverity: minSeverity, matchers: matchers, kinds: kinds, in: $0)
        }
    }

    /// Opens an incident, and saves its event.
    func opened(severity: Severity = .high, labels: Labels = [:], secondsAgo: Int = 1) async throws -> IncidentEvent {
        let at = runtime.clock().adding(seconds: -secondsAgo)
        let id = IncidentID.random()
        return try await pool.withTransaction { connection in
            let number = try await IncidentStore.nextNumbers(1, in: connection)[0]
            let event = Incident(
                id: id, teamID: team, number: number, title: "Disk full", description: "", status: .open, severity: severity,
                groupingKey: GroupingKey("key-\(id)"), labels: labels, createdAt: at, updatedAt: at, alertCount: 1, firingCount: 1
            ).opened(by: .system("alert-grouper"), at: at, change: .init(alertsFired: 1))
            IncidentStore.save([event], in: connection)
            return event
        }
    }

    func resolved(_ event: IncidentEvent, secondsAgo: Int = 0) async throws -> IncidentEvent {
        try await save(try event.incident.resolved(by: .system("alert-grouper"), at: runtime.clock().adding(seconds: -secondsAgo)))
    }

    func reopened(_ event: IncidentEvent) async throws -> IncidentEvent {
        try await save(
            event.incident.reopened(by: .system("alert-grouper"), at: runtime.clock(), change: .init(alertsFired: 1)) { _ in })
    }

    func updated(_ event: IncidentEvent, severity: Severity, secondsAgo: Int = 0) async throws -> IncidentEvent {
        let change = IncidentEvent.Change(alertsFired: 1, previousSeverity: event.incident.severity)
        let at = runtime.clock().adding(seconds: -secondsAgo)
        return try await save(event.incident.updated(by: .system("alert-grouper"), at: at, change: change) { $0.severity = severity })
    }

    private func save(_ event: IncidentEvent) async throws -> IncidentEvent {
        try await pool.withTransaction { IncidentStore.save([event], in: $0) }
        return event
    }

    /// One transaction of the handler, as records of the topic.
    @discardableResult
    func plan(_ events: [IncidentEvent]) async throws -> [Fact] {
        let handler = IncidentHandler(registry: registry) { _ in }
        let records = events.enumerated().map { index, event in
            IncomingRecord(topic: Topic.incidents.name, partition: 0, offset: Int64(index), value: event.encode())
        }
        return try await pool.withTransaction { try await handler.handle(records, in: $0, now: runtime.clock()) }
    }

    /// Opens so many incidents, each with one message for every channel in the ledger.
    @discardableResult
    func planOpened(_ count: Int = 1) async throws -> [IncidentEvent] {
        var events: [IncidentEvent] = []
        for _ in 0..<count { events.append(try await opened()) }
        try await plan(events)
        return events
    }

    // MARK: Sending

    func claim(
        inFlight: [(channel: ChannelID, count: Int)] = [], perChannel: Int = 4, total: Int = 64, owner: String = "first",
        leaseSeconds: Int = 60, in scope: ClaimScope = .everywhere
    ) async throws -> [ClaimedDelivery] {
        try await LeaseStore.claim(
            LeaseStore.Limits(inFlight: inFlight, perChannel: perChannel, total: total, owner: owner, leaseSeconds: leaseSeconds),
            in: scope, pool)
    }

    /// Records an outcome as the worker does; the write is tried once.
    func record(_ outcome: Outcome, of delivery: ClaimedDelivery) async {
        await outcomes.record(outcome, of: delivery, event: nil, patienceSeconds: 0)
    }

    /// The time has come for everything that waits.
    func makeDue() async throws { _ = try await pool.query("UPDATE deliveries SET next_attempt_at = now() WHERE state = 'pending'") }

    /// As if the processes that hold them were gone for long.
    func expireLeases() async throws {
        _ = try await pool.query("UPDATE deliveries SET lease_until = now() - interval '1 second' WHERE state = 'sending'")
    }

    /// No channel rests any more.
    func endRests() async throws { _ = try await pool.query("UPDATE notification_channels SET paused_until = NULL") }
}
