import AlertSources
import Models
import Testing

@Suite struct CloudEventsTests {
    @Test func aStructuredEventBecomesAnAlert() throws {
        let alert = try #require(try Sample.structured.parse().first)
        #expect(alert.fingerprint.text == "press-4")
        #expect(
            alert.labels == [
                "alertname": "com.example.machine.stopped", "service": "press", "severity": "critical", "ce_source": "/factory/line-3",
                "ce_type": "com.example.machine.stopped", "ce_subject": "press 4",
            ])
        #expect(alert.annotations == ["summary": "press 4", "description": "Emergency stop"])
        #expect(alert.times.startsAt.rfc3339 == "2026-11-21T05:00:00Z")
    }

    @Test func aBatchIsTakenEventByEvent() throws {
        let alerts = try Sample.batch.parse()
        #expect(alerts.map(\.fingerprint.text) == ["/s#1", "/s#2", "/s#3"])
        #expect(alerts.map { $0.annotations["description"] } == ["plain words", nil, nil])
        #expect(alerts.map(\.status) == [.firing, .firing, .resolved])
        #expect(alerts[2].times.endsAt?.rfc3339 == "2026-11-21T05:00:00Z")
    }

    @Test func anEmptyBatchIsTaken() throws {
        let sample = Sample(
            source: CloudEvents.self, name: "", body: "[]", contentType: "application/cloudevents-batch+json", alerts: 0)
        #expect(try sample.parse().isEmpty)
    }

    @Test func aBinaryEventHasItsAttributesInHeaders() throws {
        let alert = try #require(try Sample.binary.parse().first)
        #expect(alert.fingerprint.text == "/bakery#e-9")
        #expect(alert.labels["ce_subject"] == "Euro € 😀")
        #expect(alert.annotations["summary"] == "Oven too hot")
        #expect(alert.labels["service"] == "oven")
    }

    @Test func plainTextBecomesTheDescription() throws {
        var sample = Sample.binary
        sample.contentType = "text/plain"
        let alert = try #require(try sample.parse(Array("it burns".utf8)).first)
        #expect(alert.annotations["description"] == "it burns")
        #expect(alert.annotations["summary"] == "Euro € 😀")
    }

    @Test func dataOfAnotherTypeIsNotLookedInto() throws {
        var sample = Sample.binary
        sample.contentType = "application/octet-stream"
        let alert = try #require(try sample.parse([0xFF, 0x00]).first)
        #expect(alert.annotations["description"] == nil)
    }

    @Test func aLongNameOfAnEventIsHashed() throws {
        let id = String(repeating: "i", count: 300)
        let sample = Sample(
            source: CloudEvents.self, name: "", body: #"{"specversion":"1.0","id":"\#(id)","source":"/s","type":"t"}"#,
            contentType: "application/cloudevents+json", alerts: 1)
        let fingerprint = try #require(try sample.parse().first).fingerprint.text
        #expect(fingerprint.hasPrefix("cloudevent-") && fingerprint.utf8.count == 27)
    }

    @Test(arguments: [
        (#"{"id":"1","source":"/s","type":"t"}"#, 400, "specversion", "missing"),
        (#"{"specversion":"0.3","id":"1","source":"/s","type":"t"}"#, 400, "specversion", "\"1.0\""),
        (#"{"specversion":"1.0","id":"","source":"/s","type":"t"}"#, 400, "id", "empty"),
        (#"{"specversion":"1.0","id":"1","type":"t"}"#, 400, "source", "missing"),
        (#"{"specversion":"1.0","id":"1","source":"/s"}"#, 400, "type", "missing"),
        (#"{"specversion":"1.0","id":"1","source":"/s","type":"t","time":"now"}"#, 400, "time", "RFC 3339"),
        (#"{"specversion":"1.0","id":"1","source":"/s","type":"t","data":1,"data_base64":"eA=="}"#, 400, "data_base64", "not both"),
        (#"{"specversion":"1.0","id":"1","source":"/s","type":"t\n"}"#, 400, "type", "control characters"),
        (#"{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"status":"off"}}"#, 400, "data.status", "\"firing\""),
        (#"[]"#, 400, "", "JSON object"),
    ]) func aBadEventIsRefused(_ body: String, _ status: Int, _ field: String, _ words: String) throws {
        let found = try #require(refusal(CloudEvents.self, body, contentType: "application/cloudevents+json"))
        #expect(found.status == status)
        #expect(found.field ?? "" == field)
        #expect(found.message.contains(words), "\(found.message)")
    }

    @Test(arguments: [
        ("id", nil, "ce-id", 400), ("time", "noon", "ce-time", 400), ("subject", "a%2", "ce-subject", 400),
        ("subject", "%FF", "ce-subject", 400),
        ("datacontenttype", "application/json", "ce-datacontenttype", 400), ("specversion", nil, "Content-Type", 415),
        ("specversion", "2.0", "ce-specversion", 400), ("type", "", "ce-type", 400),
    ]) func aBadHeaderIsRefused(_ name: String, _ value: String?, _ field: String, _ status: Int) throws {
        var headers = Sample.binary.eventHeaders
        headers[name] = value
        let found = try #require(refusal(CloudEvents.self, "{}", headers: headers))
        #expect(found.status == status)
        #expect(found.field == field)
    }

    @Test(arguments: [
        "application/cloudevents+avro", "application/cloudevents", "application/cloudevents-batch",
        "application/cloudevents+json; charset=latin1",
    ])
    func otherFormatsAreRefused(_ type: String) {
        #expect(refusal(CloudEvents.self, "{}", contentType: type)?.status == 415)
    }
}
