import Models
import Testing

@Suite struct SignalCodecTests {
    static let firing = Signal(
        teamID: Golden.team, source: "alertmanager", fingerprint: Fingerprint("50d1f0b2a7ad4e2c"), status: .firing, startsAt: Golden.at(0),
        endsAt: nil, expiresAt: Golden.at(240), labels: ["service": "checkout", "alertname": "HighLatency"],
        annotations: ["summary": "p99 \"above\" 2 s\n"], generatorURL: "http://prometheus/graph?g0=a/b",
        groupingKey: GroupingKey("service=checkout"), receivedAt: Golden.at(1, microseconds: 5), traceparent: Golden.traceparent)

    static let resolved = Signal(
        teamID: Golden.team, source: "generic", fingerprint: Fingerprint("ü"), status: .resolved, startsAt: Golden.at(0),
        endsAt: Golden.at(60), expiresAt: nil, labels: [:], annotations: [:], generatorURL: nil, groupingKey: GroupingKey("alert=ü"),
        receivedAt: Golden.at(61))

    static let firingBytes = """
        {"teamId":"11111111-1111-4111-8111-111111111111","source":"alertmanager","fingerprint":"50d1f0b2a7ad4e2c","status":"firing",\
        "startsAt":"2026-11-21T05:55:16Z","expiresAt":"2026-11-21T05:59:16Z","groupingKey":"service=checkout",\
        "labels":{"alertname":"HighLatency","service":"checkout"},"annotations":{"summary":"p99 \\"above\\" 2 s\\n"},\
        "generatorURL":"http://prometheus/graph?g0=a/b","receivedAt":"2026-11-21T05:55:17.000005Z",\
        "traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
        """

    static let resolvedBytes = """
        {"teamId":"11111111-1111-4111-8111-111111111111","source":"generic","fingerprint":"ü","status":"resolved",\
        "startsAt":"2026-11-21T05:55:16Z","endsAt":"2026-11-21T05:56:16Z","groupingKey":"alert=ü","labels":{},"annotations":{},\
        "receivedAt":"2026-11-21T05:56:17Z"}
        """

    @Test(arguments: [(firingBytes, firing), (resolvedBytes, resolved)])
    func `a signal is written and read byte for byte`(golden: String, signal: Signal) throws {
        try CodecPromise(golden: golden, value: signal, encode: { $0.encode() }, decode: { try Signal(decoding: $0) })
            .check(required: ["teamId", "source", "fingerprint", "status", "startsAt", "groupingKey", "receivedAt"])
    }

    @Test(arguments: [
        ("\"status\":\"firing\"", "\"status\":\"burning\"", "status"),
        ("\"startsAt\":\"2026-11-21T05:55:16Z\"", "\"startsAt\":\"yesterday\"", "startsAt"),
        ("\"teamId\":\"11111111", "\"teamId\":\"x1111111", "teamId"),
        ("\"summary\":\"p99", "\"summary\":7,\"x\":\"p99", "annotations.summary"),
        ("\"source\":\"alertmanager\"", "\"source\":7", "source"),
    ])
    func `a wrong field is named by its path`(part: String, replacement: String, path: String) {
        let broken = SignalCodecTests.firingBytes.replacing(part, with: replacement)
        let error = #expect(throws: RecordError.self) { try Signal(decoding: Golden.bytes(broken)) }
        #expect(error?.path == path)
    }

    @Test func `as a fact it carries the CloudEvents headers and is keyed by team and group`() {
        let fact = SignalCodecTests.firing.fact()
        #expect(fact.topic == .signals)
        #expect(fact.key == "11111111-1111-4111-8111-111111111111/service=checkout")
        #expect(fact.payload == Golden.bytes(SignalCodecTests.firingBytes))
        let headers = [
            "ce_specversion: 1.0", "ce_id: alertmanager/50d1f0b2a7ad4e2c/1795240516000000/firing", "ce_type: tocsin.signal.received.v1",
            "ce_source: /tocsin/ingest-gateway", "ce_time: 2026-11-21T05:55:17.000005Z",
            "ce_teamid: 11111111-1111-4111-8111-111111111111", "content-type: application/json", "traceparent: \(Golden.traceparent)",
        ]
        #expect(fact.headers.map { "\($0.name): \($0.value)" } == headers)
        #expect(SignalCodecTests.resolved.id == "generic/ü/1795240516000000/resolved/1795240576000000")
    }
}
