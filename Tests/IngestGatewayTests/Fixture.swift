import AlertSources
import Hummingbird
import HummingbirdTesting
import Logging
import Models
import ServiceKit
import Store
import Synchronization

@testable import ingest_gateway

/// A gateway in front of a publisher that only takes notes.
final class Fixture: Sendable {
    static let key = "tk_ingest_any-source"
    static let genericKey = "tk_ingest_generic-only"
    static let revokedKey = "tk_ingest_revoked"
    static let expiredKey = "tk_ingest_expired"
    static let refusingKey = "tk_ingest_refuses-the-spool"
    static let otherKey = "tk_ingest_other-team"
    /// 2026-11-21T06:00:00Z
    static let now = Timestamp(seconds: 1_795_240_800)

    let team = TeamID.random()
    let otherTeam = TeamID.random()
    let published = Mutex<[[Fact]]>([])
    let isBrokerAway = Mutex(false)
    /// Longest payload that the broker takes.
    let brokerTakes = Mutex(Int.max)
    /// How often a connection was to be closed.
    let hangUps = Mutex(0)
    /// How often the publisher was asked.
    let attempts = Mutex(0)
    let log: LogRecorder
    let directory = DirectoryCache()
    let spool: Spool
    private let environment: [String: String]

    /// - Parameter spool: none unless given.
    init(_ environment: [String: String] = [:], isLoaded: Bool = true, log: LogRecorder = LogRecorder(), spool: Spool? = nil) {
        self.environment = environment
        self.log = log
        self.spool =
            spool ?? Spool(store: nil, limits: nil, clock: { Self.now }, logger: Logger(label: "test") { _ in log })
        if isLoaded { directory.replace(senders, at: Self.now) }
    }

    private var senders: SenderDirectory {
        let rules = GroupingRules([GroupingRule(by: ["alertname", "service"])])
        func sender(
            _ team: TeamID, source: String? = nil, whenBrokerAway: BrokerAwayPolicy = .spool, expiresAt: Timestamp? = nil
        ) -> Sender {
            Sender(keyID: .random(), teamID: team, source: source, whenBrokerAway: whenBrokerAway, expiresAt: expiresAt)
        }
        return SenderDirectory(
            senders: [
                SenderDirectory.hash(Self.key): sender(team), SenderDirectory.hash(Self.otherKey): sender(otherTeam),
                SenderDirectory.hash(Self.genericKey): sender(team, source: "generic"),
                SenderDirectory.hash(Self.expiredKey): sender(team, expiresAt: Self.now),
                SenderDirectory.hash(Self.refusingKey): sender(team, whenBrokerAway: .refuse),
            ], rules: [team: rules])
    }

    var facts: [Fact] { published.withLock { $0.flatMap { $0 } } }

    func gateway() throws -> Gateway {
        var settings = SettingsReader(environment: environment)
        let config = GatewayConfig(from: &settings)
        guard settings.faults.isEmpty else { throw PublishFailure(reason: "\(settings.faults)") }
        return Gateway(
            registry: try SourceRegistry(), config: config, directory: directory, clock: { Self.now },
            logger: Logger(label: "test") { _ in self.log }, spool: spool, publish: publish)
    }

    private var publish: Gateway.Publish {
        { facts, _ throws(PublishFailure) in
            self.attempts.withLock { $0 += 1 }
            if self.isBrokerAway.withLock({ $0 }) { throw PublishFailure(reason: "broker away") }
            if facts.contains(where: { $0.payload.count > self.brokerTakes.withLock { $0 } }) {
                throw PublishFailure(.unfit, reason: "too large")
            }
            self.published.withLock { $0.append(facts) }
        }
    }

    /// What brings the spool to this broker; each pass is one step of it.
    var drain: SpoolDrain { SpoolDrain(spool: spool, publish: publish, isBrokerReady: { !self.isBrokerAway.withLock { $0 } }) }

    /// Drains until there is nothing more to do.
    func drainAll() async {
        var progress = SpoolDrain.Progress()
        while await drain.pass(&progress) == .progress {}
    }

    func test<Value: Sendable>(_ body: @Sendable (any TestClientProtocol) async throws -> Value) async throws -> Value {
        try await Application(responder: gateway(), logger: Logger(label: "test") { _ in self.log }).test(.router, body)
    }
}

/// Keeps every line at every level, as the JSON handler would write it.
final class LogRecorder: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}

typealias HeaderName = HTTPFields.Element.Name

extension HTTPFields {
    /// Headers from names and values, with JSON and the key of the fixture unless said otherwise.
    static func sent(_ values: [String: String?] = [:]) -> HTTPFields {
        var headers = HTTPFields()
        let all = ["Content-Type": "application/json", "Authorization": "Bearer \(Fixture.key)"].merging(values) { $1 }
        for case (let name, let value?) in all {
            guard let name = HeaderName(name) else { continue }
            headers[name] = value
        }
        return headers
    }
}
