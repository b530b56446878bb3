import AlertSources
import Models
import Testing

@Suite struct AlertmanagerTests {
    private static func body(alert: String) -> String { #"{"version":"4","alerts":[\#(alert)]}"# }

    private func one(_ alert: String) throws -> ParsedAlert {
        let sample = Sample(source: Alertmanager.self, name: "", body: Self.body(alert: alert), alerts: 1)
        return try #require(try sample.parse().first)
    }

    @Test func eachAlertKeepsItsOwnStatusAndTimes() throws {
        let alerts = try Sample.firing.parse()
        #expect(alerts.map(\.status) == [.firing, .resolved])
        #expect(alerts[0].times.startsAt.rfc3339 == "2026-11-21T04:10:00.123456Z")
        #expect(alerts[0].times.endsAt == nil && alerts[0].times.expiresAt == nil)
        #expect(alerts[1].times.endsAt?.rfc3339 == "2026-11-21T04:30:00Z")
    }

    @Test func theSendersFingerprintIsUsedAsItIs() throws {
        let alerts = try Sample.firing.parse()
        #expect(alerts.map(\.fingerprint.text) == ["a1b2c3d4e5f60718", "00000000000000ff"])
    }

    @Test(arguments: ["", #""fingerprint":"","#, #""fingerprint":"a\u0007b","#, #""fingerprint":null,"#])
    func aMissingOrUnusableFingerprintIsComputed(_ field: String) throws {
        let alert = try one(#"{\#(field)"status":"firing","labels":{"alertname":"A"},"startsAt":"2026-11-21T05:00:00Z"}"#)
        #expect(alert.fingerprint == Fingerprint(labels: ["alertname": "A"]))
    }

    @Test func emptyLabelsAreDropped() throws {
        let alert = try one(#"{"status":"firing","labels":{"alertname":"A","zone":""},"startsAt":"2026-11-21T05:00:00Z"}"#)
        #expect(alert.labels == ["alertname": "A"])
    }

    @Test(arguments: ["javascript:alert(1)", "", "/graph", "http://a b"]) func anUnsafeLinkIsLeftOut(_ link: String) throws {
        let alert = try one(
            #"{"status":"firing","labels":{"alertname":"A"},"startsAt":"2026-11-21T05:00:00Z","generatorURL":"\#(link)"}"#)
        #expect(alert.generatorURL == nil)
    }

    struct Bad: Sendable {
        let body: String
        let status: Int
        let field: String?
        let words: String
    }

    static let bad: [Bad] = [
        Bad(body: "[]", status: 400, field: nil, words: "must be a JSON object"),
        Bad(body: #"{"alerts":[]}"#, status: 400, field: "version", words: "version is missing"),
        Bad(body: #"{"version":"1","orgId":1,"alerts":[]}"#, status: 400, field: "version", words: "must be the string \"4\""),
        Bad(body: #"{"version":4,"alerts":[]}"#, status: 400, field: "version", words: "must be the string \"4\""),
        Bad(body: #"{"version":"4"}"#, status: 400, field: "alerts", words: "alerts is missing"),
        Bad(body: #"{"version":"4","alerts":{}}"#, status: 400, field: "alerts", words: "must be an array"),
        Bad(body: #"{"version":"4","alerts":[]}"#, status: 422, field: "alerts", words: "alerts is empty"),
        Bad(body: #"{"version":"4","alerts":[1]}"#, status: 400, field: "alerts[0]", words: "must be a JSON object"),
        Bad(body: #"{"version":"4","status":"on","alerts":[]}"#, status: 400, field: "status", words: "\"firing\" or \"resolved\""),
        Bad(body: #"{"version":"4","truncatedAlerts":-1,"alerts":[]}"#, status: 400, field: "truncatedAlerts", words: "0 or more"),
        Bad(body: #"{"version":"4","groupKey":7,"alerts":[]}"#, status: 400, field: "groupKey", words: "must be a string"),
        Bad(
            body: body(alert: #"{"labels":{"a":"b"},"startsAt":"2026-11-21T05:00:00Z"}"#), status: 400, field: "alerts[0].status",
            words: "missing"),
        Bad(
            body: body(alert: #"{"status":"firing","startsAt":"2026-11-21T05:00:00Z"}"#), status: 422, field: "alerts[0].labels",
            words: "no labels"),
        Bad(
            body: body(alert: #"{"status":"firing","labels":{"a":""},"startsAt":"2026-11-21T05:00:00Z"}"#), status: 422,
            field: "alerts[0].labels", words: "no labels"),
        Bad(
            body: body(alert: #"{"status":"firing","labels":{"a":1},"startsAt":"2026-11-21T05:00:00Z"}"#), status: 400,
            field: "alerts[0].labels.a", words: "must be a string"),
        Bad(
            body: body(alert: #"{"status":"firing","labels":{"":"x"},"startsAt":"2026-11-21T05:00:00Z"}"#), status: 400,
            field: "alerts[0].labels.", words: "name is empty"),
        Bad(body: body(alert: #"{"status":"firing","labels":{"a":"b"}}"#), status: 400, field: "alerts[0].startsAt", words: "missing"),
        Bad(
            body: body(alert: #"{"status":"firing","labels":{"a":"b"},"startsAt":"yesterday"}"#), status: 400, field: "alerts[0].startsAt",
            words: "RFC 3339"),
        Bad(
            body: body(alert: #"{"status":"firing","labels":{"a":"b"},"startsAt":1795240800}"#), status: 400, field: "alerts[0].startsAt",
            words: "must be a string"),
        Bad(
            body: body(alert: #"{"status":"firing","labels":{"a":"b"},"startsAt":"1969-12-31T23:59:59Z"}"#), status: 422,
            field: "alerts[0].startsAt", words: "before 1970"),
        Bad(
            body: body(alert: #"{"status":"firing","labels":{"a":"b"},"startsAt":"2030-01-01T00:00:00Z"}"#), status: 422,
            field: "alerts[0].startsAt", words: "future"),
        Bad(
            body: body(alert: #"{"status":"firing","labels":{"a":"b"},"startsAt":"2026-11-21T05:00:00Z","endsAt":"2026-11-21T04:00:00Z"}"#),
            status: 422, field: "alerts[0].endsAt", words: "before startsAt"),
        Bad(
            body: body(
                alert: #"{"status":"resolved","labels":{"a":"b"},"startsAt":"2026-11-21T05:00:00Z","endsAt":"2026-11-21T04:00:00Z"}"#),
            status: 422, field: "alerts[0].endsAt", words: "before startsAt"),
        Bad(
            body: body(
                alert: #"{"status":"resolved","labels":{"a":"b"},"startsAt":"2026-11-21T05:00:00Z","endsAt":"0001-01-01T00:00:00Z"}"#),
            status: 422, field: "alerts[0].endsAt", words: "does not say when"),
        Bad(
            body: body(alert: #"{"status":"firing","labels":{"a":"b"},"annotations":[],"startsAt":"2026-11-21T05:00:00Z"}"#), status: 400,
            field: "alerts[0].annotations", words: "must be an object"),
        Bad(
            body: body(alert: #"{"status":"firing","labels":{"a":"b"},"startsAt":"2026-11-21T05:00:00Z","fingerprint":12}"#), status: 400,
            field: "alerts[0].fingerprint", words: "must be a string"),
        Bad(body: #"{"version":"4","version":"4","alerts":[]}"#, status: 400, field: "version", words: "is there twice"),
    ]

    @Test(arguments: bad) func aBadBodyIsRefusedWithItsField(_ bad: Bad) throws {
        let found = try #require(refusal(Alertmanager.self, bad.body))
        #expect(found.status == bad.status)
        #expect(found.field == bad.field)
        #expect(found.message.contains(bad.words), "\(found.message)")
    }

    @Test func labelNamesInUTF8AreASetting() throws {
        let body = Self.body(alert: #"{"status":"firing","labels":{"service.name":"x"},"startsAt":"2026-11-21T05:00:00Z"}"#)
        let sample = Sample(source: Alertmanager.self, name: "", body: body, alerts: 1)
        #expect(try sample.parse(limits: IngestLimits()).first?.labels == ["service.name": "x"])
        var limits = IngestLimits()
        limits.allowsUTF8Names = false
        #expect(throws: SourceRefusal.self) { try sample.parse(limits: limits) }
    }

    @Test func theLimitsOfLabelsAreNamed() {
        func alert(labels: String) -> String {
            Self.body(alert: #"{"status":"firing","labels":{\#(labels)},"startsAt":"2026-11-21T05:00:00Z"}"#)
        }
        let many = (0..<65).map { #""l\#($0)":"v""# }.joined(separator: ",")
        #expect(refusal(Alertmanager.self, alert(labels: many))?.message.contains("at most 64") == true)
        let long = #""\#(String(repeating: "n", count: 129))":"v""#
        #expect(refusal(Alertmanager.self, alert(labels: long))?.status == 413)
        let value = #""a":"\#(String(repeating: "v", count: 4097))""#
        #expect(refusal(Alertmanager.self, alert(labels: value))?.message.contains("4096 are allowed") == true)
        #expect(refusal(Alertmanager.self, alert(labels: #""a":"\#(String(repeating: "v", count: 4096))""#)) == nil)
    }
}
