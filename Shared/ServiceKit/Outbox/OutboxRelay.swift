import Kafka
import Logging
import Metrics
import Models
import Postgres
import ServiceLifecycle

/// Publishes the facts that their own process could not: it died after the commit, or the broker was away. Any number of relays may
/// run; each claims rows with SKIP LOCKED and holds them until the broker has acknowledged.
package struct OutboxRelay: Service, CustomStringConvertible {
    /// Rows younger than this are still being published by the process that committed them.
    private static let graceMilliseconds = 1000
    private static let idleMilliseconds = 1000
    private static let rowsPerPass = 500
    /// Below the idle-in-transaction time-out of 10 s, which would end the claim in the middle of the send.
    private static let sendTimeoutMilliseconds = 5000

    private let pool: PostgresPool
    private let producer: Producer
    private let loop: DueRowLoop

    package init(runtime: Runtime) {
        let pool = runtime.pool
        let producer = runtime.producer
        let published = KitMetrics.outboxPublished.counter([("way", "relay")])
        self.pool = pool
        self.producer = producer
        loop = DueRowLoop(name: "outbox-relay", runtime: runtime, idleMilliseconds: Self.idleMilliseconds) { _ in
            let count = try await Self.pass(pool, producer)
            published.increment(by: count)
            try await Self.measure(pool)
            return count
        }
    }

    package var description: String { "outbox-relay" }

    package func run() async throws { try await loop.run() }

    /// Publishes one portion.
    /// - Returns: how many facts.
    static func pass(_ pool: PostgresPool, _ producer: Producer) async throws -> Int {
        try await pool.withTransaction { connection in
            let rows = try await Outbox.claim(limit: rowsPerPass, graceMilliseconds: graceMilliseconds, in: connection)
            guard !rows.isEmpty else { return 0 }
            try await producer.send(rows.map(\.record), timeoutMilliseconds: sendTimeoutMilliseconds)
            CrashPoint.relayPublished.reach()
            _ = try await connection.query(Outbox.deleteSQL, [rows.map(\.id)])
            return rows.count
        }
    }

    private static func measure(_ pool: PostgresPool) async throws {
        let backlog = try await Outbox.backlog(pool)
        KitMetrics.outboxRows.gauge().record(backlog.rows)
        KitMetrics.outboxOldest.gauge().record(backlog.oldestSeconds)
    }
}
