import Models
import Testing

@Suite struct IncidentEventCodecTests {
    static let full = IncidentEvent(
        kind: .acknowledged, at: Golden.at(60, microseconds: 123_456), actor: Actor(kind: .person, name: "ada"),
        incident: Golden.fullIncident,
        change: IncidentEvent.Change(alertsFired: 1, alertsResolved: 2, previousSeverity: .high, reason: "because"),
        traceparent: Golden.traceparent)

    static let barren = IncidentEvent(
        kind: .opened, at: Golden.at(0), actor: .system("alert-grouper"), incident: Golden.barrenIncident)

    static let fullBytes = """
        {"kind":"acknowledged","at":"2026-11-21T05:56:16.123456Z","actor":"person:ada","incident":{\
        "id":"22222222-2222-4222-8222-222222222222","teamId":"11111111-1111-4111-8111-111111111111","number":4711,\
        "title":"p99 above 2 s (checkout)","description":"Since \\"noon\\"\\n<b>é</b>","status":"acknowledged","severity":"critical",\
        "groupingKey":"service=checkout","labels":{"env":"prod","service":"checkout"},"createdAt":"2026-11-21T05:55:16Z",\
        "updatedAt":"2026-11-21T05:56:16.123456Z","ackedAt":"2026-11-21T05:56:16Z","assigneeId":"ada",\
        "resolveDueAt":"2026-11-21T05:57:16Z","reopenCount":1,"alertCount":3,"firingCount":2,"sequence":7},\
        "change":{"alertsFired":1,"alertsResolved":2,"previousSeverity":"high","reason":"because"},\
        "traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
        """

    static let barrenBytes = """
        {"kind":"opened","at":"2026-11-21T05:55:16Z","actor":"system:alert-grouper","incident":{\
        "id":"22222222-2222-4222-8222-222222222222","teamId":"11111111-1111-4111-8111-111111111111","number":1,"title":"t",\
        "description":"","status":"open","severity":"low","groupingKey":"alert=ab","labels":{},"createdAt":"2026-11-21T05:55:16Z",\
        "updatedAt":"2026-11-21T05:55:16Z","reopenCount":0,"alertCount":0,"firingCount":0,"sequence":1},\
        "change":{"alertsFired":0,"alertsResolved":0}}
        """

    @Test(arguments: [(fullBytes, full), (barrenBytes, barren)])
    func `an event is written and read byte for byte`(golden: String, event: IncidentEvent) throws {
        try CodecPromise(golden: golden, value: event, encode: { $0.encode() }, decode: { try IncidentEvent(decoding: $0) })
            .check(
                required: [
                    "kind", "at", "actor", "incident", "change", "incident.id", "incident.teamId", "incident.number", "incident.title",
                    "incident.status", "incident.severity", "incident.groupingKey", "incident.createdAt", "incident.updatedAt",
                    "incident.sequence",
                ])
    }

    @Test(arguments: IncidentEvent.Kind.allCases)
    func `every kind has its own versioned type and comes back`(kind: IncidentEvent.Kind) throws {
        var event = IncidentEventCodecTests.full
        event.kind = kind
        #expect(event.recordType == "tocsin.incident.\(kind.rawValue).v1")
        #expect(try IncidentEvent(decoding: event.encode()) == event)
    }

    @Test func `as a fact it is keyed by incident and named by incident and sequence`() {
        let fact = IncidentEventCodecTests.full.fact(from: "console")
        #expect(fact.topic == .incidents)
        #expect(fact.key == "22222222-2222-4222-8222-222222222222")
        #expect(fact.id == "22222222-2222-4222-8222-222222222222/7")
        #expect(fact.source == "/tocsin/console")
        #expect(fact.traceparent == Golden.traceparent)
    }
}
