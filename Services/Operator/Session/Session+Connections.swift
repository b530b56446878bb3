import Kafka
import Logging
import Postgres
import ServiceKit

/// The settings a command needs; the services' own reader reads them, so that both mean the same.
enum SettingNeed {
    case database
    case brokers

    /// Names of the variables that must be right.
    private var prefixes: [String] {
        switch self {
        case .database: ["DATABASE_URL", "TOCSIN_DB_"]
        case .brokers: ["KAFKA_BROKERS", "TOCSIN_KAFKA_"]
        }
    }

    func concerns(_ fault: SettingFault) -> Bool { prefixes.contains { fault.name.hasPrefix($0) } }
}

extension Session {
    /// The common settings, of which those needed are sound.
    func settings(_ needs: SettingNeed...) throws -> CommonConfig {
        var reader = SettingsReader(environment: environment)
        let common = CommonConfig(from: &reader)
        let faults = reader.faults.filter { fault in needs.contains { $0.concerns(fault) } }
        guard faults.isEmpty else {
            throw OperatorFailure.configuration(faults.map { "setting \($0)" }.joined(separator: "\ntocsin: "))
        }
        return common
    }

    /// Silent, unless TOCSIN_LOG_LEVEL asks for debug or trace: what matters is told in the command's own words.
    var logger: Logger {
        let level = variable("TOCSIN_LOG_LEVEL").flatMap(Logger.Level.init(rawValue:)) ?? .info
        guard level <= .debug else { return Logger(label: "tocsin") { _ in SwiftLogNoOpLogHandler() } }
        let output = output
        return Logger(label: "tocsin") { _ in
            JSONLogHandler(service: "tocsin", instance: "cli", level: level) { output.complain(String(decoding: $0, as: UTF8.self)) }
        }
    }

    /// Lends a pool and closes it.
    func withDatabase<R: Sendable>(_ body: @Sendable (PostgresPool) async throws -> R) async throws -> R {
        let common = try settings(.database)
        let configuration = PostgresConfiguration(
            url: common.databaseURL, applicationName: "tocsin", maxConnections: 2,
            statementTimeoutMilliseconds: common.databaseStatementTimeoutMilliseconds,
            preparedStatements: common.databasePreparedStatements)
        let pool = PostgresPool(configuration: configuration, logger: logger)
        do {
            let result = try await body(pool)
            await pool.close()
            return result
        } catch {
            await pool.close()
            throw error
        }
    }

    /// Runs the body in one transaction.
    func transaction<R: Sendable>(_ body: @Sendable (PostgresConnection) async throws -> R) async throws -> R {
        try await withDatabase { pool in try await pool.withTransaction { try await body($0) } }
    }

    /// Lends a connection for migrations: a step may take minutes, and another migrator may be at work.
    func withMigrationConnection<R: Sendable>(_ body: @Sendable (PostgresConnection) async throws -> R) async throws -> R {
        let tenMinutes = 600_000
        let configuration = PostgresConfiguration(
            url: try settings(.database).databaseURL, applicationName: "tocsin-migrate", statementTimeoutMilliseconds: tenMinutes,
            lockTimeoutMilliseconds: tenMinutes)
        let connection = try await PostgresConnection.connect(configuration, logger: logger)
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Lends a producer and closes it after what it holds is sent.
    func withProducer<R: Sendable>(_ body: @Sendable (Producer) async throws -> R) async throws -> R {
        let common = try settings(.brokers)
        let producer = try Producer(
            ProducerConfiguration(brokers: common.kafkaBrokers, clientID: "tocsin", extra: common.kafkaProperties), logger: logger)
        do {
            let result = try await body(producer)
            await producer.close(flushTimeoutMilliseconds: 1000)
            return result
        } catch {
            await producer.close(flushTimeoutMilliseconds: 0)
            throw error
        }
    }
}
