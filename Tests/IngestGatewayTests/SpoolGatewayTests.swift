import Hummingbird
import HummingbirdTesting
import Models
import ServiceKit
import Synchronization
import Testing

@testable import ingest_gateway

/// Requests while the broker is away.
@Suite struct SpoolGatewayTests {
    private let scratch = SpoolScratch()
    private static let path = "/api/webhooks/generic"

    private func post(
        _ client: any TestClientProtocol, _ title: String, key: String = Fixture.key, description: String = ""
    ) async throws -> TestResponse {
        try await client.executeRequest(
            uri: Self.path, method: .post, headers: .sent(["Authorization": "Bearer \(key)"]),
            body: ByteBuffer(string: #"{"title":"\#(title)","description":"\#(description)"}"#))
    }

    private func titles(_ facts: [Fact]) throws -> [String] {
        try facts.map { try #require(try Signal(decoding: $0.payload).labels["alertname"]) }
    }

    @Test func alertsAreAcceptedWhileTheBrokerIsAwayAndArriveInOrder() async throws {
        let fixture = try await Fixture.spooling(scratch)
        try await fixture.test { client async throws in
            #expect(try await post(client, "a").status == .ok)
            fixture.isBrokerAway.withLock { $0 = true }
            for title in ["b", "c", "d"] {
                let answer = try await post(client, title)
                #expect(answer.status == .ok && String(buffer: answer.body) == #"{"status":"ok"}"#)
            }
            #expect(fixture.attempts.withLock { $0 } == 2, "only the first one waits for the broker")
            #expect(fixture.spool.health.isOK && fixture.spool.health.detail.hasPrefix("3 alerts wait"))
            fixture.isBrokerAway.withLock { $0 = false }
            // The broker is back, but nothing may overtake what waits.
            #expect(try await post(client, "e").status == .ok)
            #expect(try titles(fixture.facts) == ["a"])
            await fixture.drainAll()
            #expect(try await post(client, "f").status == .ok)
        }
        #expect(try titles(fixture.facts) == ["a", "b", "c", "d", "e", "f"])
        #expect(fixture.spool.course.contents.records == 0 && fixture.spool.health == .ok(""))
    }

    @Test func aChangedStateIsLoggedOnceAndNothingOfAnAlert() async throws {
        let fixture = try await Fixture.spooling(scratch)
        try await fixture.test { client async throws in
            fixture.isBrokerAway.withLock { $0 = true }
            for _ in 0..<5 { _ = try await post(client, "canary") }
            fixture.isBrokerAway.withLock { $0 = false }
            await fixture.drainAll()
        }
        let lines = fixture.log.text.split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("warning alerts cannot be published, they go to the spool") }.count == 1)
        #expect(lines.filter { $0.hasPrefix("notice") }.count == 2, "it is drained, and all is well again: \(lines)")
        #expect(!fixture.log.text.contains("canary"))
    }

    @Test func aKeyThatAsksForItGets503Instead() async throws {
        let fixture = try await Fixture.spooling(scratch)
        fixture.isBrokerAway.withLock { $0 = true }
        try await fixture.test { client async throws in
            for _ in 0..<2 {
                let answer = try await post(client, "a", key: Fixture.refusingKey)
                #expect(answer.status == .serviceUnavailable && answer.headers[.retryAfter] == "5")
                #expect(String(buffer: answer.body).contains(#""code":"broker_unavailable""#))
            }
            #expect(try await post(client, "b").status == .ok)
            #expect(fixture.attempts.withLock { $0 } == 1)
        }
        #expect(fixture.spool.course.contents.records == 1)
    }

    @Test func whenOnlyRefusingKeysSendTheReturnOfTheBrokerIsSeenWithoutARequest() async throws {
        let fixture = try await Fixture.spooling(scratch)
        fixture.isBrokerAway.withLock { $0 = true }
        try await fixture.test { client async throws in
            #expect(try await post(client, "a", key: Fixture.refusingKey).status == .serviceUnavailable)
            fixture.isBrokerAway.withLock { $0 = false }
            await fixture.drainAll()
            #expect(fixture.spool.course.mode == .direct)
            #expect(try await post(client, "a", key: Fixture.refusingKey).status == .ok)
        }
    }

    @Test func aFullSpoolIsAnswered503AndIsNotReady() async throws {
        let fixture = try await Fixture.spooling(scratch)
        fixture.isBrokerAway.withLock { $0 = true }
        let accepted = try await fixture.test { client async throws in
            var accepted = 0
            var last = try await post(client, "0", description: String(repeating: "x", count: 8000))
            while last.status == .ok, accepted < 1000 {
                accepted += 1
                last = try await post(client, "\(accepted)", description: String(repeating: "x", count: 8000))
            }
            #expect(last.status == .serviceUnavailable && last.headers[.retryAfter] == "5")
            #expect(String(buffer: last.body).contains(#""code":"spool_full""#))
            #expect(!fixture.spool.health.isOK && fixture.spool.health.detail.hasPrefix("full; \(accepted) alerts wait"))
            fixture.isBrokerAway.withLock { $0 = false }
            await fixture.drainAll()
            #expect(try await post(client, "after").status == .ok)
            return accepted
        }
        #expect(accepted > 20)
        #expect(try titles(fixture.facts) == (0..<accepted).map { "\($0)" } + ["after"])
        #expect(fixture.spool.health.isOK)
        #expect(fixture.log.text.contains("error the spool takes no alerts: full"))
    }

    @Test func aBatchThatWasAcknowledgedWhenTheProcessDiedComesAgainAsItWas() async throws {
        let first: [Fact]
        do {
            let fixture = try await Fixture.spooling(scratch)
            for number in 0..<3 { try await fixture.spool.keep([.numbered(number)]) }
            // The crash comes between the acknowledgement and the deletion: the file is as it was before the batch went.
            first = try #require(try await fixture.spool.store?.oldest(records: 3, bytes: .max)).compactMap(\.fact)
            await fixture.spool.store?.close()
        }
        let next = try await Fixture.spooling(scratch)
        await next.drainAll()
        #expect(next.facts == first && first.count == 3)
    }

    @Test func aDiskThatFailsAfterTheAcknowledgementDoublesNothing() async throws {
        let fixture = try await Fixture.spooling(scratch)
        for number in 0..<3 { try await fixture.spool.keep([.numbered(number)]) }
        var progress = SpoolDrain.Progress()
        // As after a deletion that failed.
        progress.acknowledged = (through: 2, count: 2)
        while await fixture.drain.pass(&progress) == .progress {}
        #expect(fixture.facts.map(\.id) == ["id-2"])
        #expect(fixture.spool.course.contents.records == 0)
    }

    @Test func anAlertThatTheBrokerNeverTakesHoldsUpNoOtherAndIsKept() async throws {
        do {
            let fixture = try await Fixture.spooling(scratch)
            for number in 0..<40 { try await fixture.spool.keep([.numbered(number, payloadBytes: number == 21 ? 2000 : 100)]) }
            fixture.brokerTakes.withLock { $0 = 1000 }
            await fixture.drainAll()
            let others = (0..<40).filter { $0 != 21 }.map { "id-\($0)" }
            #expect(fixture.facts.map(\.id) == others)
            #expect(fixture.spool.course.mode == .direct && fixture.spool.course.contents.refused == 1)
            #expect(fixture.log.text.contains("error the broker refuses an alert of the spool"))
            await fixture.spool.store?.close()
        }
        // The topic's limit was raised meanwhile.
        let next = try await Fixture.spooling(scratch)
        await next.drainAll()
        #expect(next.facts.map(\.id) == ["id-21"])
    }

    @Test func anAlertThatTheBrokerNeverTakesIsAnswered413() async throws {
        let fixture = try await Fixture.spooling(scratch)
        fixture.brokerTakes.withLock { $0 = 500 }
        let answer = try await fixture.test { try await post($0, "a", description: String(repeating: "x", count: 1000)) }
        #expect(answer.status == .contentTooLarge)
        #expect(fixture.spool.course.mode == .direct && fixture.spool.course.contents.records == 0)
    }

    @Test func requestsOfTheLastMomentWaitForItAndGoStraight() async throws {
        let fixture = try await Fixture.spooling(scratch)
        try await fixture.spool.keep([.numbered(0)])
        try await fixture.spool.keep([.numbered(1)])
        try await fixture.spool.keep([.numbered(2)])
        var progress = SpoolDrain.Progress()
        #expect(await fixture.drain.pass(&progress) == .progress)
        fixture.spool.change { $0.drainBegins(batch: 2) }
        #expect(fixture.spool.course.mode == .closing)
        try await fixture.test { client async throws in
            async let answer = post(client, "late")
            while fixture.spool.waitingRequests == 0 { await Task.yield() }
            await fixture.drainAll()
            #expect(try await answer.status == .ok)
        }
        #expect(fixture.facts.count == 4 && fixture.spool.course.contents.records == 0)
        #expect(fixture.facts.prefix(3).map(\.id) == ["id-0", "id-1", "id-2"])
    }

    @Test func requestsOfTheLastMomentDoNotWaitForLong() async throws {
        let fixture = try await Fixture.spooling(scratch)
        for number in 0..<3 { try await fixture.spool.keep([.numbered(number)]) }
        var progress = SpoolDrain.Progress()
        #expect(await fixture.drain.pass(&progress) == .progress)
        fixture.spool.change { $0.drainBegins(batch: 2) }
        try await fixture.test { client async throws in
            async let answer = post(client, "late")
            while fixture.spool.waitingRequests == 0 { await Task.yield() }
            fixture.spool.tick(now: .now.advanced(by: .seconds(2)))
            #expect(try await answer.status == .ok)
        }
        #expect(fixture.spool.course.mode == .draining && fixture.spool.course.contents.records == 3)
    }
}
