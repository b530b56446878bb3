package import Kafka
package import Logging
import Metrics
package import Models
package import Postgres

/// What every part of a service shares.
package struct Runtime: Sendable {
    package let identity: ServiceIdentity
    package let common: CommonConfig
    package let logger: Logger
    package let pool: PostgresPool
    package let producer: Producer
    package let health: HealthRegistry
    package let outbox: OutboxPublisher
    package let clock: @Sendable () -> Timestamp

    package init(
        identity: ServiceIdentity, common: CommonConfig, logger: Logger, pool: PostgresPool, producer: Producer,
        health: HealthRegistry = HealthRegistry(), clock: @escaping @Sendable () -> Timestamp = { SystemClock.now() }
    ) {
        self.identity = identity
        self.common = common
        self.logger = logger
        self.pool = pool
        self.producer = producer
        self.health = health
        self.clock = clock
        outbox = OutboxPublisher(pool: pool, producer: producer, logger: logger, clock: clock)
    }

    /// A transaction whose facts go out with it: the body's facts enter the outbox in the same transaction and are published at once
    /// after its commit. The body may run more than once.
    package func transaction<R: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> (R, [Fact])
    ) async throws -> R {
        let (result, entry) = try await pool.withTransaction { connection in
            let (result, facts) = try await body(connection)
            return (result, Outbox.queue(facts, in: connection))
        }
        CrashPoint.factsCommitted.reach()
        await outbox.publish(entry.committedRows())
        return result
    }

    /// Returns pool and producer; nothing may be used after.
    package func close() async {
        await producer.close(flushTimeoutMilliseconds: 3000)
        await pool.close()
    }

    /// For libraries that announce their normal work at info.
    var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        return quiet
    }

    /// Gauges that are read rather than counted.
    func sampleGauges() {
        let pool = pool.statistics
        KitMetrics.poolConnections.gauge([("state", "idle")]).record(pool.idle)
        KitMetrics.poolConnections.gauge([("state", "busy")]).record(pool.open - pool.idle)
        KitMetrics.poolWaiting.gauge().record(pool.waiting)
        let producer = producer.statistics
        KitMetrics.producerQueued.gauge().record(self.producer.queuedRecords)
        KitMetrics.producerRecords.gauge([("outcome", "acknowledged")]).record(producer.acknowledged)
        KitMetrics.producerRecords.gauge([("outcome", "failed")]).record(producer.failed)
        KitMetrics.producerRebuilds.gauge().record(producer.rebuilds)
        KitMetrics.buildInfo.gauge([("service", identity.name), ("version", Build.version)]).record(1)
    }
}
