import FoundationEssentials
import Glibc
package import Logging

/// What every service needs to run.
package struct CommonConfig: ServiceConfig {
    package var kafkaBrokers: String
    /// librdkafka properties for TLS and SASL, `name=value` pairs; may hold a password.
    package var kafkaProperties: [String: String]
    /// How long a broker may keep a fetch that finds nothing.
    package var kafkaFetchWaitMilliseconds: Int
    package var databaseURL: String
    package var logLevel: Logger.Level
    package var adminHost: String
    package var adminPort: Int
    package var databaseMaxConnections: Int
    package var databaseStatementTimeoutMilliseconds: Int
    package var databasePreparedStatements: Bool
    /// Unique among running processes: owner of offsets and leases.
    package var instanceID: String
    package var shutdownTimeoutSeconds: Int
    package var startTimeoutSeconds: Int
    /// Where the process is to die; for fault tests.
    package var crashPoint: CrashPoint.Armed?

    package init(from settings: inout SettingsReader) {
        self.init(from: &settings, adminPort: 9100)
    }

    /// - Parameter adminPort: the service's own default, so that all of them can run on one machine.
    package init(from settings: inout SettingsReader, adminPort defaultAdminPort: Int) {
        kafkaBrokers = settings.string("KAFKA_BROKERS", default: nil, "Bootstrap servers, `host:port,host:port`.")
        kafkaProperties = Self.kafkaProperties(from: &settings)
        kafkaFetchWaitMilliseconds = settings.int(
            "TOCSIN_KAFKA_FETCH_WAIT_MS", default: 20, in: 1...1000, unit: "ms",
            "How long the broker keeps a fetch that finds nothing; Kafka answers as soon as there is something.")
        databaseURL = settings.string("DATABASE_URL", default: nil, secret: true, "PostgreSQL as a libpq URI.")
        let level = settings.choice(
            "TOCSIN_LOG_LEVEL", default: "info", of: Logger.Level.allCases.map(\.rawValue), "Least level that is logged.")
        logLevel = Logger.Level(rawValue: level) ?? .info
        adminHost = settings.string("TOCSIN_ADMIN_HOST", default: "127.0.0.1", "Address of /health, /ready and /metrics.")
        adminPort = settings.int(
            "TOCSIN_ADMIN_PORT", default: defaultAdminPort, in: 0...65535, unit: "port", "Port of /health, /ready and /metrics.")
        databaseMaxConnections = settings.int(
            "TOCSIN_DB_MAX_CONNECTIONS", default: 6, in: 2...200, unit: "connections", "Connections of this process to PostgreSQL.")
        databaseStatementTimeoutMilliseconds = settings.int(
            "TOCSIN_DB_STATEMENT_TIMEOUT_MS", default: 5000, in: 100...600_000, unit: "ms", "A statement that runs longer fails.")
        databasePreparedStatements = settings.bool(
            "TOCSIN_DB_PREPARED_STATEMENTS", default: true, "Off behind pgbouncer before 1.21 in transaction mode.")
        instanceID =
            settings.optionalString("TOCSIN_INSTANCE_ID", "Name of this process, unique among all that run; host and pid if absent.")
            ?? Self.hostAndPID
        shutdownTimeoutSeconds = settings.int(
            "TOCSIN_SHUTDOWN_TIMEOUT_S", default: 20, in: 1...600, unit: "s", "Work in hand is finished for this long, then cut off.")
        startTimeoutSeconds = settings.int(
            "TOCSIN_START_TIMEOUT_S", default: 60, in: 1...3600, unit: "s", "How long the start waits for PostgreSQL.")
        crashPoint = Self.crashPoint(from: &settings)
    }

    private static func crashPoint(from settings: inout SettingsReader) -> CrashPoint.Armed? {
        let name = "CRASHPOINT"
        guard let text = settings.optionalString(name, "For fault tests: `name:n` ends the process at the nth passing of that place.")
        else { return nil }
        if let armed = CrashPoint.Armed(text) { return armed }
        let names = CrashPoint.allCases.map(\.rawValue).joined(separator: ", ")
        settings.fault(name, "must be name:n with n from 1 and one of the names \(names)")
        return nil
    }

    private static var hostAndPID: String { "\(ProcessInfo.processInfo.hostName)-\(getpid())" }

    private static func kafkaProperties(from settings: inout SettingsReader) -> [String: String] {
        let name = "TOCSIN_KAFKA_PROPERTIES"
        let text = settings.optionalString(
            name, secret: true, "librdkafka properties for TLS and SASL: `security.protocol=SASL_SSL;sasl.mechanism=...`.")
        var properties: [String: String] = [:]
        for pair in (text ?? "").split(whereSeparator: { $0 == ";" || $0 == "\n" }) {
            guard let equals = pair.firstIndex(of: "="), equals != pair.startIndex else {
                settings.fault(name, "must consist of name=value pairs with ; between them")
                return [:]
            }
            properties[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        return properties
    }
}

/// Who a service is.
package struct ServiceIdentity: Sendable, Hashable {
    /// `alert-grouper`
    package let name: String
    package let defaultAdminPort: Int
    /// The least `schema_migrations.version` it can work with; 0 lets it start without asking the database.
    package let requiredSchemaVersion: Int
    /// How long a record to be published waits for company. Facts are published a batch at a time, so they have theirs already.
    package let lingerMilliseconds: Int
    /// Whether it commits facts, so that it must also publish what a dead process left behind.
    package let writesOutbox: Bool

    package init(
        name: String, defaultAdminPort: Int, requiredSchemaVersion: Int, lingerMilliseconds: Int = 0, writesOutbox: Bool = true
    ) {
        self.name = name
        self.defaultAdminPort = defaultAdminPort
        self.requiredSchemaVersion = requiredSchemaVersion
        self.lingerMilliseconds = lingerMilliseconds
        self.writesOutbox = writesOutbox
    }
}
