import AlertSources
import Models
import Testing

@Suite struct PrometheusAlertsTests {
    private func one(_ alert: String, limits: IngestLimits = IngestLimits()) throws -> ParsedAlert {
        let sample = Sample(source: PrometheusAlerts.self, name: "", body: "[\(alert)]", alerts: 1)
        return try #require(try sample.parse(limits: limits).first)
    }

    @Test func anEndAheadIsAnExpiry() throws {
        let alerts = try Sample.prometheus.parse()
        #expect(alerts[0].status == .firing)
        #expect(alerts[0].times.expiresAt?.rfc3339 == "2026-11-21T06:04:00Z")
        #expect(alerts[0].labels["empty"] == nil)
    }

    @Test func anEndBehindResolves() throws {
        let alerts = try Sample.prometheus.parse()
        #expect(alerts[1].status == .resolved)
        #expect(alerts[1].times.endsAt?.rfc3339 == "2026-11-21T05:30:00Z")
    }

    @Test func withoutTimesItFiresFromNowForTheResolveTimeout() throws {
        var limits = IngestLimits()
        limits.resolveTimeoutSeconds = 120
        let alert = try one(#"{"labels":{"alertname":"A"}}"#, limits: limits)
        #expect(alert.times.startsAt == Sample.now)
        #expect(alert.times.expiresAt == Sample.now.adding(seconds: 120))
    }

    @Test func withOnlyAnEndBehindItBeganThere() throws {
        let alert = try one(#"{"labels":{"alertname":"A"},"endsAt":"2026-11-21T05:00:00Z"}"#)
        #expect(alert.times.startsAt == alert.times.endsAt)
        #expect(alert.status == .resolved)
    }

    @Test func sendingAgainWithALaterEndIsTheSameFact() throws {
        let first = try one(#"{"labels":{"a":"b"},"startsAt":"2026-11-21T05:00:00Z","endsAt":"2026-11-21T06:04:00Z"}"#)
        let again = try one(#"{"labels":{"a":"b"},"startsAt":"2026-11-21T05:00:00Z","endsAt":"2026-11-21T06:09:00Z"}"#)
        #expect(first.fingerprint == again.fingerprint)
        #expect(first.times.expiresAt != again.times.expiresAt)
    }

    @Test func anEmptyArrayIsTaken() throws {
        #expect(try Sample(source: PrometheusAlerts.self, name: "", body: "[]", alerts: 0).parse().isEmpty)
    }

    @Test(arguments: [
        (#"{}"#, 400, "", "JSON array"), (#"[[]]"#, 400, "[0]", "JSON object"), (#"[{"labels":{}}]"#, 422, "[0].labels", "no labels"),
        (#"[{"labels":{"":"b"}}]"#, 400, "[0].labels.", "name is empty"),
        (
            #"[{"labels":{"a":"b"},"startsAt":"2026-11-21T05:00:00Z","endsAt":"2026-11-21T04:00:00Z"}]"#, 422, "[0].endsAt",
            "before startsAt"
        ),
        (#"[{"labels":{"a":"b"},"endsAt":"soon"}]"#, 400, "[0].endsAt", "RFC 3339"),
    ]) func aBadBodyIsRefused(_ body: String, _ status: Int, _ field: String, _ words: String) throws {
        let found = try #require(refusal(PrometheusAlerts.self, body))
        #expect(found.status == status)
        #expect(found.field ?? "" == field)
        #expect(found.message.contains(words), "\(found.message)")
    }
}
