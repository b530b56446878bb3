import AlertSources
import Kafka
import Logging
import Models
import Postgres
import ServiceKit
import ServiceLifecycle
import Store

/// Puts the gateway together.
enum GatewayServices {
    private static let brokerTimeoutMilliseconds = 1000

    static func build(_ runtime: Runtime, _ config: GatewayConfig) async throws -> [any Service] {
        let directory = DirectoryCache()
        let spool = try await SpoolOpening.open(config.spool, clock: runtime.clock, logger: runtime.logger)
        registerHealth(directory, spool, runtime)
        let publish = publish(to: runtime.producer)
        let gateway = Gateway(
            registry: try SourceRegistry(), config: config, directory: directory, clock: runtime.clock, logger: runtime.logger,
            spool: spool, publish: publish)
        runtime.health.register("bodies") { .ok("\(gateway.budget.used) of \(gateway.budget.limit) bytes in memory") }
        return [
            TopicWarmUp(producer: runtime.producer, topics: [Topic.signals.name], logger: runtime.logger),
            DirectoryRefresher(
                cache: directory, intervalMilliseconds: config.keyRefreshMilliseconds, clock: runtime.clock, logger: runtime.logger,
                refreshed: { gateway.keyLimits.keep($0) }, load: { try await load(runtime.pool) }),
            SpoolWatch(spool: spool),
            SpoolDrain(spool: spool, publish: publish, isBrokerReady: { await isReady(runtime.producer) }),
            GatewayServer(gateway: gateway, config: config, logger: runtime.logger),
        ]
    }

    private static func publish(to producer: Producer) -> Gateway.Publish {
        { facts, timeoutMilliseconds throws(PublishFailure) in
            do throws(KafkaError) {
                try await producer.send(
                    facts.map(\.record), timeoutMilliseconds: timeoutMilliseconds, handedOver: { CrashPoint.gatewayProduced.reach() })
            } catch {
                let kind: PublishFailure.Kind = error.isUnfitRecord ? .unfit : error.code == .cancelled ? .cancelled : .away
                throw PublishFailure(kind, reason: "\(error)")
            }
        }
    }

    private static func isReady(_ producer: Producer) async -> Bool {
        guard producer.queuedRecords == 0 else { return false }
        return await producer.isReachable(timeoutMilliseconds: brokerTimeoutMilliseconds)
    }

    private static func load(_ pool: PostgresPool) async throws -> SenderDirectory {
        try await pool.withConnection { connection in
            SenderDirectory(
                keys: try await KeyStore.list(in: connection), rules: try await TeamStore.groupingRules(in: connection))
        }
    }

    /// Neither PostgreSQL, once the keys have been read, nor the broker, while the spool takes alerts, keeps the gateway from its work:
    /// these replace ServiceKit's checks.
    private static func registerHealth(_ directory: DirectoryCache, _ spool: Spool, _ runtime: Runtime) {
        runtime.health.register("postgres") {
            guard let loadedAt = directory.loadedAt else { return .failed("the keys have not been read yet") }
            let age = Int(runtime.clock().seconds(since: loadedAt))
            return age > 30 ? .ok("away; working with the keys of \(age) s ago") : .ok
        }
        runtime.health.register("kafka") {
            if await runtime.producer.isReachable(timeoutMilliseconds: brokerTimeoutMilliseconds) { return .ok }
            return spool.course.obstacle(now: runtime.clock()) == nil
                ? .ok("no broker answers; alerts go to the spool") : .failed("no broker answers")
        }
        runtime.health.register("spool") { spool.health }
    }
}
