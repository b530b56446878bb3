package import Kafka
package import Logging
package import Models
import Metrics
package import Postgres
import Synchronization

/// Publishes committed facts at once, so that the relay has nothing to do while all goes well.
package final class OutboxPublisher: Sendable {
    /// Long enough for a leader change, short enough not to hold up the loop that committed.
    private static let sendTimeoutMilliseconds = 3000
    private static let recordsPerSend = 1000

    private let pool: PostgresPool
    private let producer: Producer
    private let logger: Logger
    private let clock: @Sendable () -> Timestamp
    /// While the broker is away the direct way is closed, and loops do not wait for it batch after batch.
    private let breaker = Mutex(CircuitBreaker(threshold: 1, cooldownSeconds: 2, maxCooldownSeconds: 15))
    private let published = KitMetrics.outboxPublished.counter([("way", "direct")])
    private let notSent = KitMetrics.outboxFailed.counter([("way", "direct"), ("step", "send")])
    private let notDeleted = KitMetrics.outboxFailed.counter([("way", "direct"), ("step", "delete")])

    package init(
        pool: PostgresPool, producer: Producer, logger: Logger, clock: @escaping @Sendable () -> Timestamp = { SystemClock.now() }
    ) {
        self.pool = pool
        self.producer = producer
        self.logger = logger
        self.clock = clock
    }

    /// Produces the rows, in order, and deletes them once the broker has acknowledged. A failure of either is left to the relay; the
    /// consumers recognise a second copy by its id.
    package func publish(_ rows: [OutboxRow]) async {
        guard !rows.isEmpty, breaker.withLock({ $0.allows(clock()) }) else { return }
        for start in stride(from: 0, to: rows.count, by: Self.recordsPerSend) {
            let part = rows[start..<min(start + Self.recordsPerSend, rows.count)]
            guard await send(part) else { return }
            CrashPoint.outboxPublished.reach()
            await delete(part)
        }
    }

    private func send(_ rows: ArraySlice<OutboxRow>) async -> Bool {
        do {
            try await producer.send(rows.map(\.record), timeoutMilliseconds: Self.sendTimeoutMilliseconds)
            breaker.withLock { $0.recordSuccess(clock()) }
            published.increment(by: rows.count)
            return true
        } catch {
            breaker.withLock { $0.recordFailure(clock()) }
            notSent.increment()
            logger.debug("facts are left to the relay", metadata: ["outbox.rows": "\(rows.count)", "error": "\(error)"])
            return false
        }
    }

    private func delete(_ rows: ArraySlice<OutboxRow>) async {
        do { _ = try await pool.query(Outbox.deleteSQL, [rows.map(\.id)]) } catch {
            notDeleted.increment()
            logger.debug("published facts stay in the outbox for now", metadata: ["outbox.rows": "\(rows.count)", "error": "\(error)"])
        }
    }
}
