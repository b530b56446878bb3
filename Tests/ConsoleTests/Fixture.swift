import FoundationEssentials
import Hummingbird
import HummingbirdTesting
import JSON
import Logging
import Models
import Postgres
import ServiceKit
import Store
import TestKit
import Views

@testable import console

/// A console on a real database with two teams. Everything of the second team carries `marker`.
struct Fixture: Sendable {
    /// Nothing of the other team may be seen: no answer may hold these bytes.
    static let marker = "ZZOTHERTEAMZZ"
    /// 2026-11-21T06:00:00Z
    static let now = Timestamp(seconds: 1_795_240_800)
    /// What the router test calls itself.
    static let host = "localhost"

    let runtime: Runtime
    let console: Console
    let team: TeamID
    let otherTeam: TeamID
    let key: AccessToken
    let keyID: KeyID
    let otherKey: AccessToken
    let ingestKey: AccessToken
    private let broker: MockBroker

    static func run(_ environment: [String: String] = [:], _ body: @Sendable (Fixture) async throws -> Void) async throws {
        try await withTestDatabase { url in
            let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url, applicationName: "schema"), logger: quiet)
            _ = try await Migrator().up(connection)
            await connection.close()
            let fixture = try await Fixture(url: url, environment: environment)
            do { try await body(fixture) } catch {
                await fixture.runtime.close()
                throw error
            }
            await fixture.runtime.close()
        }
    }

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private init(url: String, environment: [String: String]) async throws {
        broker = try MockBroker(topics: Dictionary(uniqueKeysWithValues: Topic.all.map { ($0.name, 1) }))
        var settings = SettingsReader(
            environment: ["KAFKA_BROKERS": broker.bootstrapServers, "DATABASE_URL": url, "TOCSIN_ADMIN_PORT": "0"]
                .merging(environment) { $1 })
        let common = CommonConfig(from: &settings)
        let config = ConsoleConfig(from: &settings)
        runtime = try Bootstrap.makeRuntime(
            ServiceIdentity(name: "console", defaultAdminPort: 0, requiredSchemaVersion: 0), common, logger: Self.quiet,
            clock: { Self.now })
        let cache = KeyCache()
        console = try Console(runtime: runtime, config: config, keys: cache)
        let made = try await runtime.pool.withConnection { connection in
            let team = try await TeamStore.create(slug: "ours", name: "Our team", in: connection)
            let other = try await TeamStore.create(slug: "theirs", name: "Team \(Self.marker)", in: connection)
            let (keyID, key) = try await KeyStore.create(.api, name: "ops-cli", team: team, source: nil, in: connection)
            let (_, otherKey) = try await KeyStore.create(.api, name: "key-\(Self.marker)", team: other, source: nil, in: connection)
            let (_, ingestKey) = try await KeyStore.create(.ingest, name: "ingest", team: team, source: nil, in: connection)
            return (team, other, keyID, key, otherKey, ingestKey)
        }
        (team, otherTeam, keyID, key, otherKey, ingestKey) = made
        await refreshKeys()
    }

    /// What the refresher does every two seconds.
    func refreshKeys() async { _ = await KeyRefresher(cache: console.keys, intervalMilliseconds: 1, runtime: runtime).refresh() }

    func test<Value: Sendable>(_ body: @Sendable (any TestClientProtocol) async throws -> Value) async throws -> Value {
        try await Application(responder: console, logger: Self.quiet).test(.router, body)
    }

    /// Opens an incident, and saves its event.
    /// - Parameter secondsAgo: when it opened.
    @discardableResult
    func incident(
        _ title: String, team: TeamID? = nil, severity: Severity = .high, labels: Labels = [:], secondsAgo: Int = 60,
        description: String = ""
    ) async throws -> Incident {
        let team = team ?? self.team
        let openedAt = Self.now.adding(seconds: -secondsAgo)
        return try await runtime.pool.withTransaction { connection in
            let number = try await IncidentStore.nextNumbers(1, in: connection)[0]
            let id = IncidentID.random()
            let event = Incident(
                id: id, teamID: team, number: number, title: title, description: description, status: .open, severity: severity,
                groupingKey: GroupingKey("key-\(id)"), labels: labels, createdAt: openedAt, updatedAt: openedAt, alertCount: 1,
                firingCount: 1
            ).opened(by: .system("alert-grouper"), at: openedAt, change: .init(alertsFired: 1))
            IncidentStore.save([event], in: connection)
            return event.incident
        }
    }

    /// Adds a firing alert with its occurrence.
    func alert(
        of incident: Incident, fingerprint: String, labels: Labels = ["alertname": "Down"], annotations: Labels = [:], secondsAgo: Int = 60
    ) async throws {
        let at = Self.now.adding(seconds: -secondsAgo)
        _ = try await runtime.pool.query(
            """
            -- test alert
            WITH alert AS (
                INSERT INTO alerts (team_id, fingerprint, source, status, severity, starts_at, labels, annotations, generator_url,
                    grouping_key, incident_id, last_seen_at, created_at, updated_at)
                VALUES ($1, $2, 'alertmanager', 'firing', 'high', $3::timestamptz, $4::jsonb, $5::jsonb, 'javascript:alert(1)', 'k', $6,
                    $3::timestamptz, $3::timestamptz, $3::timestamptz)
                RETURNING team_id, fingerprint, incident_id)
            SELECT 1
            """, [incident.teamID, fingerprint, at, labels.json, annotations.json, incident.id])
        _ = try await runtime.pool.query(
            """
            -- test occurrence
            INSERT INTO alert_occurrences (team_id, fingerprint, occurrence, incident_id, severity, starts_at)
            VALUES ($1, $2, 1, $3, 'high', $4::timestamptz)
            """, [incident.teamID, fingerprint, incident.id, at])
    }

    /// A channel, and a delivery of the incident's first event to it.
    func delivery(of incident: Incident, channel: String, error: String) async throws {
        _ = try await runtime.pool.query(
            """
            -- test delivery
            WITH channel AS (
                INSERT INTO notification_channels (team_id, name, type, config) VALUES ($1, $3, 'slack', '{"url":"SECRETCONFIG"}')
                RETURNING id)
            INSERT INTO deliveries (team_id, incident_id, sequence, channel_id, kind, event, state, attempts, next_attempt_at, last_error)
            SELECT $1, $2, 1, id, 'opened', '{}', 'dead', 3, now(), $4 FROM channel
            """, [incident.teamID, incident.id, channel, error])
    }

    func count(_ sql: StaticString) async throws -> Int { try await runtime.pool.query(sql).first?.int(0) ?? 0 }

    func status(of incident: Incident) async throws -> String? {
        try await runtime.pool.query("SELECT status::text AS status FROM incidents WHERE id = $1", [incident.id]).first?.string("status")
    }
}

typealias FieldName = HTTPFields.Element.Name

/// An answer, read.
struct Reply: Sendable {
    let status: Int
    let headers: HTTPFields
    let text: String

    /// - Throws: when the body is no JSON.
    func json() throws -> JSONNode { try JSONDocument.parse(Array(text.utf8), limits: .internal).root }

    func header(_ name: String) -> String? { FieldName(name).flatMap { headers[$0] } }
}

extension TestClientProtocol {
    func call(
        _ method: HTTPRequest.Method, _ path: String, key: AccessToken? = nil, body: String? = nil, _ headers: [String: String] = [:]
    ) async throws -> Reply {
        var fields = HTTPFields()
        if let key { fields[.authorization] = "Bearer \(key.text)" }
        if body != nil { fields[.contentType] = "application/json" }
        for (name, value) in headers {
            if let name = FieldName(name) { fields[name] = value }
        }
        if let body { fields[.contentLength] = String(body.utf8.count) }
        return try await execute(uri: path, method: method, headers: fields, body: body.map { ByteBuffer(string: $0) }) {
            Reply(status: $0.status.code, headers: $0.headers, text: String(buffer: $0.body))
        }
    }

    /// Signs in as a browser would.
    /// - Returns: the value for `Cookie`.
    func signIn(_ key: AccessToken) async throws -> String {
        let reply = try await call(.post, "/sign-in", body: "key=\(key.text)&next=/", Self.formHeaders)
        return reply.header("Set-Cookie").map { String($0.prefix { $0 != ";" }) } ?? ""
    }

    static var formHeaders: [String: String] {
        [
            "Content-Type": "application/x-www-form-urlencoded", "Origin": "http://\(Fixture.host)",
            "Sec-Fetch-Site": "same-origin",
        ]
    }
}

extension String {
    /// The hidden field of a page's forms.
    var formToken: String? {
        guard let start = firstRange(of: "name=\"form_token\" value=\"") else { return nil }
        return String(self[start.upperBound...].prefix { $0 != "\"" })
    }
}
