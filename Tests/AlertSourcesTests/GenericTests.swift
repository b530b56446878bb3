import AlertSources
import Models
import Testing

@Suite struct GenericTests {
    private func one(_ body: String) throws -> ParsedAlert {
        try #require(try Sample(source: Generic.self, name: "", body: body, alerts: 1).parse().first)
    }

    @Test func theFieldsGoWhereTheDocumentationSays() throws {
        let alert = try one(Sample.genericOne.body)
        #expect(alert.fingerprint.text == "backup/db-1")
        #expect(
            alert.labels == [
                "alertname": "Backup failed", "service": "backup", "severity": "high", "attempt": "3", "nightly": "true",
                "host_name": "db-1",
                "ratio": "0.5",
            ])
        #expect(
            alert.annotations == [
                "summary": "Backup failed", "description": "Exit code 3", "runbook": "https://runbooks.example/backup",
            ])
        #expect(alert.generatorURL == "https://ci.example/jobs/17")
        #expect(alert.status == .firing && alert.times.expiresAt == nil)
    }

    @Test func withoutAKeyTheLabelsNameTheAlert() throws {
        let alert = try one(#"{"title":"A","labels":{"service":"s"}}"#)
        #expect(alert.fingerprint == Fingerprint(labels: ["alertname": "A", "service": "s"]))
        #expect(alert.times.startsAt == Sample.now)
    }

    @Test func aNumberMayBeTheKey() throws {
        #expect(try Sample.genericMany.parse()[1].fingerprint.text == "42")
    }

    @Test func resolvedNeedsNoTimes() throws {
        let alert = try one(#"{"title":"A","status":"resolved"}"#)
        #expect(alert.times.endsAt == Sample.now && alert.times.startsAt == Sample.now)
    }

    @Test func anEndAheadExpiresAndAnEndBehindResolves() throws {
        #expect(try one(#"{"title":"A","endsAt":"2026-11-21T07:00:00Z"}"#).times.expiresAt != nil)
        #expect(try one(#"{"title":"A","endsAt":"2026-11-21T05:00:00Z"}"#).status == .resolved)
    }

    @Test(arguments: [("9lives", "_9lives"), ("a.b/c", "a_b_c"), ("größe", "gr__e"), ("ok_1", "ok_1")])
    func namesAreMadeFit(_ sent: String, _ taken: String) throws {
        #expect(try one(#"{"title":"A","labels":{"\#(sent)":"v"}}"#).labels[taken] == "v")
    }

    @Test(arguments: [
        (#"[]"#, 400, "", "JSON object"), (#"{}"#, 422, "title", "no name"), (#"{"alerts":[]}"#, 422, "alerts", "empty"),
        (#"{"alerts":{}}"#, 400, "alerts", "must be an array"), (#"{"alerts":[{}]}"#, 422, "alerts[0].title", "no name"),
        (#"{"title":5}"#, 400, "title", "must be a string"), (#"{"title":"A","status":"open"}"#, 400, "status", "\"firing\""),
        (#"{"title":"A","severity":[]}"#, 400, "severity", "a word"),
        (#"{"title":"A","labels":{"a":{}}}"#, 400, "labels.a", "a number or a boolean"),
        (#"{"title":"A","labels":{"a.b":"1","a_b":"2"}}"#, 422, "labels.a_b", "Rename one"),
        (#"{"title":"A","dedup_key":""}"#, 400, "dedup_key", "1 to 255"), (#"{"title":"A","id":{}}"#, 400, "id", "1 to 255"),
        (#"{"title":"A","url":"ftp://x"}"#, 400, "url", "http"),
        (#"{"title":"A","status":"firing","endsAt":"2026-11-21T05:00:00Z"}"#, 422, "endsAt", "has passed"),
        (#"{"title":"A","status":"resolved","endsAt":"2027-11-21T05:00:00Z"}"#, 422, "endsAt", "future"),
        (#"{"title":"A","startsAt":"2026-13-01T00:00:00Z"}"#, 400, "startsAt", "RFC 3339"),
    ]) func aBadBodyIsRefused(_ body: String, _ status: Int, _ field: String, _ words: String) throws {
        let found = try #require(refusal(Generic.self, body))
        #expect(found.status == status, "\(found)")
        #expect(found.field ?? "" == field)
        #expect(found.message.contains(words), "\(found.message)")
    }
}
