import Hummingbird
import HummingbirdTesting
import Models
import Synchronization
import Testing

@testable import ingest_gateway

@Suite struct GatewayTests {
    private static let alertmanager = "/api/webhooks/alertmanager"
    private static let body = """
        {"version":"4","alerts":[{"status":"firing","labels":{"alertname":"DiskFull","service":"billing"},
        "annotations":{"summary":"canary-in-the-text"},"startsAt":"2026-11-21T05:00:00Z","endsAt":"0001-01-01T00:00:00Z"}]}
        """

    private func post(
        _ client: any TestClientProtocol, _ path: String = alertmanager, _ body: String = body, _ headers: [String: String?] = [:]
    ) async throws -> TestResponse {
        try await client.executeRequest(uri: path, method: .post, headers: .sent(headers), body: ByteBuffer(string: body))
    }

    @Test func answersOKOnceTheAlertIsPublished() async throws {
        let fixture = Fixture()
        let answer = try await fixture.test { try await post($0) }
        #expect(answer.status == .ok)
        #expect(String(buffer: answer.body) == #"{"status":"ok"}"#)
        let fact = try #require(fixture.facts.first)
        #expect(fixture.facts.count == 1)
        #expect(fact.topic == .signals && fact.teamID == fixture.team)
        #expect(fact.key == "\(fixture.team)/alertname=DiskFull,service=billing")
        let signal = try Signal(decoding: fact.payload)
        #expect(signal.source == "alertmanager" && signal.receivedAt == Fixture.now && signal.status == .firing)
    }

    @Test func theSameBodyGivesTheSameFacts() async throws {
        let fixture = Fixture()
        try await fixture.test { client async throws in
            for _ in 0..<3 { #expect(try await post(client).status == .ok) }
        }
        #expect(fixture.facts.count == 3)
        #expect(Set(fixture.facts.map(\.id)).count == 1)
        #expect(Set(fixture.facts.map(\.key)).count == 1)
    }

    @Test(arguments: [
        (alertmanager, "Bearer \(Fixture.key)"), (alertmanager, "bearer \(Fixture.key)"),
        (alertmanager, "Basic YW55OnRrX2luZ2VzdF9hbnktc291cmNl"), (alertmanager + "/" + Fixture.key, nil),
        (alertmanager + "/", "Bearer \(Fixture.key)"),
    ]) func theKeyIsTakenFromHeaderOrPath(_ path: String, _ authorization: String?) async throws {
        let fixture = Fixture()
        #expect(try await fixture.test { try await post($0, path, Self.body, ["Authorization": authorization]) }.status == .ok)
        #expect(!fixture.log.text.contains("tk_ingest"))
    }

    @Test func aKeyOfOneSourceMaySendForIt() async throws {
        let fixture = Fixture()
        let answer = try await fixture.test {
            try await post($0, "/api/webhooks/generic", #"{"title":"A"}"#, ["Authorization": "Bearer \(Fixture.genericKey)"])
        }
        #expect(answer.status == .ok)
    }

    @Test func anExpiredKeyIsUnknown() async throws {
        let answer = try await Fixture().test {
            try await post($0, Self.alertmanager, Self.body, ["Authorization": "Bearer \(Fixture.expiredKey)"])
        }
        #expect(answer.status == .unauthorized)
        #expect(answer.headers[.wwwAuthenticate] == #"Bearer realm="tocsin""#)
    }

    @Test func teamsAreKeptApart() async throws {
        let fixture = Fixture()
        try await fixture.test {
            _ = try await post($0)
            _ = try await post($0, Self.alertmanager, Self.body, ["Authorization": "Bearer \(Fixture.otherKey)"])
        }
        #expect(fixture.facts.map(\.teamID) == [fixture.team, fixture.otherTeam])
        // The other team has no rules of its own: the standard ones hold.
        #expect(fixture.facts.last?.key == "\(fixture.otherTeam)/service=billing")
    }

    @Test func whatIsOverTheRateIsAnsweredAsItsSenderUnderstandsIt() async throws {
        let fixture = Fixture(["TOCSIN_GATEWAY_KEY_RATE_PER_S": "1", "TOCSIN_GATEWAY_KEY_BURST": "1"])
        let answers = try await fixture.test { client in
            var answers: [(Int, String?)] = []
            for path in [Self.alertmanager, Self.alertmanager, "/api/v2/alerts", "/api/webhooks/generic", "/api/webhooks/cloudevents"] {
                let answer = try await post(client, path)
                answers.append((answer.status.code, answer.headers[.retryAfter]))
            }
            return answers
        }
        #expect(answers.dropFirst().map(\.0) == [503, 503, 429, 429])
        #expect(answers.dropFirst().allSatisfy { $0.1 == "1" })
    }

    @Test func aBrokerThatIsAwayIsAnswered503WithATimeToComeBack() async throws {
        let fixture = Fixture()
        fixture.isBrokerAway.withLock { $0 = true }
        let answer = try await fixture.test { try await post($0) }
        #expect(answer.status == .serviceUnavailable)
        #expect(answer.headers[.retryAfter] == "5")
        #expect(String(buffer: answer.body).contains(#""code":"broker_unavailable""#))
    }

    @Test func aFailingBrokerIsLoggedOnceAndItsReturnToo() async throws {
        let fixture = Fixture()
        try await fixture.test { client async throws in
            fixture.isBrokerAway.withLock { $0 = true }
            for _ in 0..<3 { _ = try await post(client) }
            #expect(fixture.attempts.withLock { $0 } == 1, "later requests do not wait for a broker that is known to be away")
            fixture.isBrokerAway.withLock { $0 = false }
            await fixture.drainAll()
            for _ in 0..<3 { _ = try await post(client) }
        }
        let lines = fixture.log.text.split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("warning") }.count == 1)
        #expect(lines.filter { $0.hasPrefix("notice") }.count == 1)
    }

    @Test func withoutKeysItIsNotReady() async throws {
        let answer = try await Fixture(isLoaded: false).test { try await post($0) }
        #expect(answer.status == .serviceUnavailable)
        #expect(String(buffer: answer.body).contains(#""code":"not_ready""#))
    }

    @Test func aNoisyKeyIsSlowedDownAndAnotherIsNot() async throws {
        let fixture = Fixture(["TOCSIN_GATEWAY_KEY_RATE_PER_S": "1", "TOCSIN_GATEWAY_KEY_BURST": "2"])
        try await fixture.test { client async throws in
            #expect(try await post(client).status == .ok)
            #expect(try await post(client).status == .ok)
            let third = try await post(client)
            #expect(third.status == .serviceUnavailable && third.headers[.retryAfter] == "1")
            #expect(try await post(client, Self.alertmanager, Self.body, ["Authorization": "Bearer \(Fixture.otherKey)"]).status == .ok)
        }
    }

    @Test func aRequestIDIsEchoedWhenItIsHarmless() async throws {
        try await Fixture().test { client async throws in
            let name = try #require(HeaderName("X-Request-Id"))
            #expect(try await post(client, Self.alertmanager, Self.body, ["X-Request-Id": "deploy-7.1_a"]).headers[name] == "deploy-7.1_a")
            let made = try await post(client, Self.alertmanager, Self.body, ["X-Request-Id": "a b\"<script>"]).headers[name]
            #expect(made?.count == 36)
        }
    }

    @Test func theTraceIsTakenOrBegun() async throws {
        let fixture = Fixture()
        let sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        try await fixture.test {
            _ = try await post($0, Self.alertmanager, Self.body, ["traceparent": sent])
            _ = try await post($0, Self.alertmanager, Self.body, ["traceparent": "00-00000000000000000000000000000000-0000000000000000-01"])
        }
        #expect(fixture.facts.first?.traceparent == sent)
        #expect(fixture.facts.last?.traceparent.map(TraceParent.isValid) == true)
    }

    @Test func theRootSaysWhatIsHere() async throws {
        let answer = try await Fixture().test { try await $0.executeRequest(uri: "/", method: .get, headers: [:], body: nil) }
        #expect(answer.status == .ok)
        #expect(String(buffer: answer.body).contains(#""/api/v2/alerts""#))
    }

    @Test func aMethodThatIsNotTakenIsAnsweredWithTheOneThatIs() async throws {
        let answer = try await Fixture().test {
            try await $0.executeRequest(uri: Self.alertmanager, method: .get, headers: .sent(), body: nil)
        }
        #expect(answer.status == .methodNotAllowed && answer.headers[.allow] == "POST")
    }

    @Test func aBodyWithoutLengthIsRefused() async throws {
        let answer = try await Fixture().test {
            try await $0.executeRequest(uri: Self.alertmanager, method: .post, headers: .sent(), body: nil)
        }
        #expect(answer.status == .lengthRequired)
    }

    @Test func anEmptyBatchIsTakenAndPublishesNothing() async throws {
        let fixture = Fixture()
        #expect(try await fixture.test { try await post($0, "/api/v2/alerts", "[]") }.status == .ok)
        #expect(fixture.published.withLock { $0.isEmpty })
    }

    @Test func nothingOfAnAlertIsLogged() async throws {
        let fixture = Fixture()
        try await fixture.test { client async throws in
            _ = try await post(client)
            _ = try await post(client, Self.alertmanager, Self.body.replacing("\"firing\"", with: "\"canary-in-the-text\""))
            _ = try await post(client, Self.alertmanager + "/canary-in-the-text", Self.body, ["Authorization": nil])
            _ = try await post(client, "/canary-in-the-text", Self.body)
            fixture.isBrokerAway.withLock { $0 = true }
            _ = try await post(client)
        }
        #expect(fixture.log.text.contains("request refused"))
        #expect(!fixture.log.text.contains("canary"))
    }
}
