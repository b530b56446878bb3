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
    static func build(_ runtime: Runtime, _ config: GatewayConfig) throws -> [any Service] {
        let directory = DirectoryCache()
        registerHealth(directory, runtime)
        let gateway = Gateway(
            registry: try SourceRegistry(), config: config, directory: directory, clock: runtime.clock, logger: runtime.logger,
            publish: { facts, timeoutMilliseconds throws(PublishFailure) in
                do {
                    try await runtime.producer.send(facts.map(\.outgoing), timeoutMilliseconds: timeoutMilliseconds)
                } catch {
                    throw PublishFailure(reason: "\(error)")
                }
            })
        runtime.health.register("bodies") { .ok("\(gateway.budget.used) of \(gateway.budget.limit) bytes in memory") }
        return [
            TopicWarmUp(producer: runtime.producer, topics: [Topic.signals.name], logger: runtime.logger),
            DirectoryRefresher(
                cache: directory, intervalMilliseconds: config.keyRefreshMilliseconds, clock: runtime.clock, logger: runtime.logger,
                refreshed: { gateway.keyLimits.keep($0) }, load: { try await load(runtime.pool) }),
            GatewayServer(gateway: gateway, config: config, logger: runtime.logger),
        ]
    }

    private static func load(_ pool: PostgresPool) async throws -> SenderDirectory {
        try await pool.withConnection { connection in
            SenderDirectory(
                keys: try await KeyStore.list(in: connection), rules: try await TeamStore.groupingRules(in: connection))
        }
    }

    /// PostgreSQL being away does not keep the gateway from its work, once the keys have been read: it replaces ServiceKit's check.
    private static func registerHealth(_ directory: DirectoryCache, _ runtime: Runtime) {
        runtime.health.register("postgres") {
            guard let loadedAt = directory.loadedAt else { return .failed("the keys have not been read yet") }
            let age = Int(runtime.clock().seconds(since: loadedAt))
            return age > 30 ? .ok("away; working with the keys of \(age) s ago") : .ok
        }
    }
}

extension Fact {
    var outgoing: OutgoingRecord {
        OutgoingRecord(
            topic: topic.name, key: Array(key.utf8), value: payload,
            headers: headers.map { KafkaHeader(name: $0.name, value: $0.value) })
    }
}
