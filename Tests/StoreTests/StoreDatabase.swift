import Logging
import Models
import Postgres
import Store
import TestKit

/// A database for one test: with the schema and one team, or empty.
struct StoreDatabase: Sendable {
    let url: String
    let pool: PostgresPool
    let team: TeamID

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func configuration(_ url: String) -> PostgresConfiguration {
        PostgresConfiguration(url: url, applicationName: "store-tests", lockTimeoutMilliseconds: 10_000)
    }

    static func connect(_ url: String) async throws -> PostgresConnection {
        try await PostgresConnection.connect(configuration(url), logger: logger)
    }

    /// An empty database.
    static func withEmpty(_ body: (PostgresConnection, _ url: String) async throws -> Void) async throws {
        try await withTestDatabase { url in
            let connection = try await connect(url)
            do {
                try await body(connection, url)
                await connection.close()
            } catch {
                await connection.close()
                throw error
            }
        }
    }

    /// A database with the whole schema and the team `ops`.
    static func with(_ body: (StoreDatabase) async throws -> Void) async throws {
        try await withEmpty { connection, url in
            _ = try await Migrator().up(connection)
            let team = try await TeamStore.create(slug: "ops", name: "Operations", in: connection)
            let pool = PostgresPool(configuration: configuration(url), logger: logger)
            do {
                try await body(StoreDatabase(url: url, pool: pool, team: team))
                await pool.close()
            } catch {
                await pool.close()
                throw error
            }
        }
    }

    static let start = Timestamp(seconds: 1_795_240_516)

    /// A new incident that is not saved yet.
    func draft(_ key: String = "service=checkout", number: Int64 = 1, id: IncidentID = .random()) -> Incident {
        Incident(
            id: id, teamID: team, number: number, title: "t \(number)", description: "d", status: .open, severity: .high,
            groupingKey: GroupingKey(key), labels: ["service": "checkout", "é": "\"\\"], createdAt: StoreDatabase.start,
            updatedAt: StoreDatabase.start)
    }

    /// A saved open incident.
    @discardableResult
    func open(_ key: String = "service=checkout", number: Int64 = 1, id: IncidentID = .random()) async throws -> IncidentEvent {
        let event = draft(key, number: number, id: id).opened(
            by: .system("alert-grouper"), at: StoreDatabase.start, change: .init(alertsFired: 1))
        try await save([event])
        return event
    }

    func save(_ events: [IncidentEvent]) async throws {
        try await pool.withTransaction { IncidentStore.save(events, in: $0) }
    }
}
