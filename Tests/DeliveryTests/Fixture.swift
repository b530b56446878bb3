import Delivery
import FoundationEssentials
import JSON
import Models
import Testing

/// Values that the tests share. Every secret and address in the settings holds the canary of its kind.
enum Fixture {
    static let canary = "CaNaRy7f3a"
    static let registry = try? ChannelRegistry()
    static let team = TeamID(UUID(uuidString: "11111111-1111-4111-8111-111111111111") ?? UUID())
    static let incidentID = IncidentID(UUID(uuidString: "22222222-2222-4222-8222-222222222222") ?? UUID())
    static let deliveryID = DeliveryID(UUID(uuidString: "33333333-3333-4333-8333-333333333333") ?? UUID())
    static let now = Timestamp(seconds: 1_760_000_000)

    static let types = ["email", "slack", "slack-bot", "telegram", "webhook"]

    static let configs: [String: String] = [
        "slack": #"{"url":"https://hooks.slack.com/services/T0/B0/\#(canary)"}"#,
        "slack-bot": #"{"token":"xoxb-\#(canary)","channel":"C0123456789"}"#,
        "telegram": #"{"token":"123456:\#(canary)","chatId":"-1001234567890"}"#,
        "webhook":
            #"{"url":"https://hooks.example.com/in/\#(canary)","secret":["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]}"#,
        "email":
            #"{"host":"mail.example.com","username":"u-\#(canary)","password":"p-\#(canary)","from":"tocsin@example.com","to":["\#(canary)@example.com","ops@example.com"]}"#,
    ]

    static func channel(_ type: String, _ config: String? = nil) throws -> any Channel {
        let registry = try #require(registry)
        return try registry.channel(type: type, config: Array((config ?? configs[type] ?? "{}").utf8))
    }

    static func incident(
        title: String = "Disk full on db-1", description: String = "Only 2 % left.\nSee the runbook.", labels: Labels = [:],
        severity: Severity = .critical
    ) -> Incident {
        Incident(
            id: incidentID, teamID: team, number: 4711, title: title, description: description, status: .open, severity: severity,
            groupingKey: GroupingKey("service=db"),
            labels: ["service": "db", "alertname": "DiskFull"].merging(labels) { $1 }, createdAt: now, updatedAt: now, alertCount: 3,
            firingCount: 2, sequence: 1)
    }

    /// One event of each kind, as a life goes.
    static func event(_ kind: IncidentEvent.Kind, _ incident: Incident = Fixture.incident(), actor: Actor? = nil) throws -> IncidentEvent {
        let system = Actor.system("alert-grouper")
        var base = incident
        base.sequence = 0
        let opened = base.opened(by: actor ?? system, at: now, change: .init(alertsFired: 2))
        let later = now.adding(seconds: 3900)
        switch kind {
        case .opened: return opened
        case .updated:
            return opened.incident.updated(by: system, at: later, change: .init(alertsFired: 1, previousSeverity: .low)) {
                $0.firingCount = 3
            }
        case .acknowledged:
            return try opened.incident.acknowledged(
                by: actor ?? Actor(kind: .person, name: "ada@example.com"), assignee: nil, at: later)
        case .resolved:
            return try opened.incident.resolved(by: actor ?? system, at: later, change: .init(reason: "all alerts resolved"))
        case .reopened:
            let resolved = try opened.incident.resolved(by: system, at: later)
            return resolved.incident.reopened(by: actor ?? system, at: later.adding(seconds: 60), change: .init(alertsFired: 1)) { _ in }
        }
    }

    static func context(
        _ event: IncidentEvent, part: DeliveryPart = .main, thread: String? = nil, consoleURL: String? = "https://tocsin.example.com"
    ) -> DeliveryContext {
        DeliveryContext(
            event: event, part: part, threadReference: thread, consoleURL: consoleURL, deliveryID: deliveryID,
            attemptedAt: now.adding(seconds: 7))
    }

    /// A thread reference as the type's own provider would give it.
    static func thread(_ type: String) -> String? {
        switch type {
        case "slack-bot": "C0123456789/1712345678.123456"
        case "telegram": "815"
        case "email": "<delivery-0@example.com>"
        default: nil
        }
    }

    /// The request as text: what goes over the wire, readable.
    static func text(_ message: OutboundMessage) -> String {
        switch message {
        case .http(let http):
            let headers = http.headers.map { "\($0.name): \($0.value)\n" }.joined()
            return "\(http.method) \(http.url)\n\(headers)\n\(String(decoding: http.body, as: UTF8.self))\n"
        case .mail(let mail, let server):
            let text = String(decoding: mail.bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
            return "\(server.host):\(server.port) \(server.security.rawValue)\nMAIL FROM \(mail.from)\nRCPT TO \(mail.to)\n"
                + text.joined(separator: "\n")
        }
    }

    static func http(_ message: OutboundMessage) throws -> HTTPMessage {
        guard case .http(let http) = message else {
            Issue.record("not an HTTP message")
            throw FixtureError()
        }
        return http
    }

    static func body(_ message: OutboundMessage) throws -> JSONNode {
        try JSONDocument.parse(try http(message).body).root
    }
}

struct FixtureError: Error {}
