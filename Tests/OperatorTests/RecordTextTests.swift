import JSON
import Models
import TestKit
import Testing

@testable import tocsin

@Suite struct RecordTextTests {
    static let time = Timestamp(seconds: 1_763_700_000).adding(milliseconds: 123)
    static let team = TeamID.random()

    static func incident() -> Incident {
        Incident(
            id: .random(), teamID: team, number: 4711, title: "Disk full", description: "", status: .open, severity: .critical,
            groupingKey: GroupingKey("service=db"), labels: ["service": "db"], createdAt: time, updatedAt: time, alertCount: 3,
            firingCount: 2)
    }

    static var facts: [(fact: Fact, word: String, mentions: [String])] {
        let signal = Signal(
            teamID: team, source: "alertmanager", fingerprint: Fingerprint("f1"), status: .firing, startsAt: time, endsAt: nil,
            expiresAt: nil,
            labels: ["alertname": "DiskFull", "severity": "critical"], annotations: [:], generatorURL: nil,
            groupingKey: GroupingKey("service=db"), receivedAt: time)
        let event = incident().opened(by: .system("alert-grouper"), at: time, change: .init(reason: "it began"))
        let command = IncidentCommand(
            id: "c1", teamID: team, incidentID: event.incident.id, action: .acknowledge, actor: Actor(kind: .person, name: "ada"),
            assigneeID: "bob", at: time)
        let notification = NotificationRecord(
            deliveryID: .random(), teamID: team, incidentID: event.incident.id, sequence: 1, channelID: .random(), channelType: "slack",
            state: .dead, attempts: 10, providerID: nil, reason: "targetNotFound (404)", at: time)
        let document = DocumentRecord(
            documentID: .random(), teamID: team, incidentID: event.incident.id, documentKind: "post_mortem", version: 2, title: "Disk",
            publisher: "folder", state: .published, detail: "4711.md", at: time)
        return [
            (signal.fact(), "firing", ["critical DiskFull", "service=db", "alertmanager"]),
            (
                event.fact(from: "alert-grouper"), "critical",
                ["#4711 open \"Disk full\"", "2/3 firing", "system:alert-grouper", "it began"]
            ),
            (command.fact(), "", ["acknowledge", "person:ada", "for bob"]),
            (notification.fact(), "dead", ["slack", "attempt 10", "targetNotFound (404)"]),
            (document.fact(), "published", ["post_mortem version 2", "folder", "4711.md"]),
        ]
    }

    @Test("Each record type is told by its facts")
    func decoding() {
        for (fact, word, mentions) in Self.facts {
            let summary = RecordSummary(TestRecord.of(fact))
            #expect(!summary.isBroken)
            #expect(summary.type == fact.type)
            #expect(summary.team == Self.team.description)
            #expect(summary.word == word)
            for mention in mentions { #expect(summary.facts.contains(mention), "\(fact.type): \(summary.facts)") }
        }
    }

    @Test("A dead letter tells where it came from and why")
    func deadLetter() {
        let origin = [
            ("tocsin_origin_topic", "tocsin.signals"), ("tocsin_origin_partition", "3"), ("tocsin_origin_offset", "42"),
            ("tocsin_consumer_group", "alert-grouper"), ("tocsin_reason", "labels: is not an object"),
        ].map { (name: $0.0, value: $0.1) }
        let summary = RecordSummary(TestRecord.raw(topic: .deadletter, value: [0xFF], headers: origin))
        #expect(summary.word == "dead")
        #expect(summary.facts == "tocsin.signals[3]@42 of alert-grouper, 1 bytes: labels: is not an object")
    }

    @Test("A record that cannot be read is shown as broken, with the reason", arguments: Topic.all.filter { $0 != .deadletter })
    func broken(topic: Topic) {
        let summary = RecordSummary(TestRecord.raw(topic: topic, value: Array("{".utf8)))
        #expect(summary.isBroken)
        #expect(summary.facts.contains("cannot be read"))
    }

    @Test("A title with control characters cannot steer the terminal, and colours are only there when wanted")
    func line() {
        var incident = Self.incident()
        incident.title = "x\u{1B}[2Jy"
        let event = incident.opened(by: .system("alert-grouper"), at: Self.time, change: .init())
        let summary = RecordSummary(TestRecord.of(event.fact(from: "alert-grouper")))
        let plain = summary.line(place: "[0]@7", hasColour: false)
        #expect(!plain.contains("\u{1B}"))
        #expect(plain.hasPrefix("2025-11-21 04:40:00.123  tocsin.incident.opened.v1  critical  #4711"))
        #expect(plain.hasSuffix("  [0]@7"))
        #expect(summary.line(place: "[0]@7", hasColour: true).contains("\u{1B}[31mcritical\u{1B}[0m"))
    }

    @Test("JSON has the place, the headers and the content as it is")
    func json() throws {
        let (fact, _, _) = Self.facts[1]
        let root = try JSONDocument.parse(RecordJSON.line(TestRecord.of(fact, partition: 3, offset: 42))).root
        #expect(root["topic"]?.string == "tocsin.incidents")
        #expect(root["partition"]?.int == 3)
        #expect(root["offset"]?.int == 42)
        #expect(root["headers"]?["ce_type"]?.string == "tocsin.incident.opened.v1")
        #expect(root["value"]?["incident"]?["number"]?.int == 4711)
    }

    @Test("Content that is no JSON comes in base64")
    func base64() throws {
        let root = try JSONDocument.parse(RecordJSON.line(TestRecord.raw(topic: .signals, value: [0xFF, 0x00]))).root
        #expect(root["valueBase64"]?.string == "/wA=")
        #expect(root["value"] == nil)
    }
}
