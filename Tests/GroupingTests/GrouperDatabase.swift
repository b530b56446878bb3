import Grouping
import Kafka
import Logging
import Models
import Postgres
import ServiceKit
import Store
import TestKit

@testable import alert_grouper

/// A database with our schema and one team, for the grouper's SQL.
struct GrouperDatabase: Sendable {
    let pool: PostgresPool
    let team: TeamID

    static func with(
        _ settings: TeamSettings = TeamSettings(), _ body: (GrouperDatabase) async throws -> Void
    ) async throws {
        try await withTestDatabase { url in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let configuration = PostgresConfiguration(url: url, applicationName: "grouper-tests", lockTimeoutMilliseconds: 5000)
            let connection = try await PostgresConnection.connect(configuration, logger: logger)
            _ = try await Migrator().up(connection)
            let team = try await TeamStore.create(slug: "ops", name: "Operations", settings: settings, in: connection)
            await connection.close()
            let pool = PostgresPool(configuration: configuration, logger: logger)
            do {
                try await body(GrouperDatabase(pool: pool, team: team))
                await pool.close()
            } catch {
                await pool.close()
                throw error
            }
        }
    }

    func own(_ signal: Signal) -> Signal {
        var signal = signal
        signal.teamID = team
        return signal
    }

    func record(_ signal: Signal) -> IncomingRecord {
        IncomingRecord(topic: Topic.signals.name, partition: 0, offset: 0, value: own(signal).encode())
    }

    /// A handler with a memory of its own; by default one that remembers nothing.
    static func handler(_ memory: RepeatMemory = RepeatMemory(limit: 0, touchSeconds: 0, metrics: GrouperMetrics())) -> SignalHandler {
        SignalHandler(metrics: GrouperMetrics(), memory: memory) { _ in }
    }

    /// One transaction of a handler, committed.
    @discardableResult
    func handle(
        _ signals: [Signal], by handler: SignalHandler = GrouperDatabase.handler(), now: Timestamp = Scene.start
    ) async throws -> [Fact] {
        let records = signals.map(record)
        let facts = try await pool.withTransaction { try await handler.handle(records, in: $0, now: now) }
        await handler.committed(records)
        return facts
    }

    func incidents() async throws -> [Incident] {
        try await pool.query(
            """
            -- all incidents
            SELECT * FROM incidents ORDER BY number
            """
        ).map(IncidentStore.incident)
    }

    func count(_ sql: StaticString) async throws -> Int { try await pool.query(sql).first?.int(0) ?? 0 }

    func status(_ name: String) async throws -> String? {
        try await pool.query(
            """
            -- alert status
            SELECT status FROM alerts WHERE fingerprint = $1
            """, [name]
        ).first?.string("status")
    }
}
