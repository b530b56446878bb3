import Delivery
import Models
import Postgres
import Testing

@testable import notifier

/// Who may send what: the claim's SQL against a real PostgreSQL.
@Suite(.timeLimit(.minutes(10))) struct ClaimTests {
    @Test func `a claim notes the owner, the fence and the intent`() async throws {
        try await LedgerDatabase.with { database in
            let channel = try await database.addChannel(config: #"{"url": "https://example.com"}"#)
            let event = try await database.planOpened()[0]
            let claimed = try await database.claim(owner: "me")
            let delivery = try #require(claimed.first)
            let line = try #require(try await database.lines().first)
            #expect(claimed.count == 1)
            #expect(delivery.id == line.id && delivery.channelID == channel && delivery.channelType == "webhook")
            #expect(try IncidentEvent(decoding: delivery.event) == event)
            #expect(String(decoding: delivery.config, as: UTF8.self).contains("example.com"))
            #expect(delivery.attempts == 1 && delivery.fence == 1 && delivery.resends == 0)
            #expect(line.state == "sending" && line.attempts == 1 && line.fence == 1 && line.leaseOwner == "me")
            // Before anything is sent it is written that it will be.
            #expect(try await database.attempts(of: delivery.id) == [nil])
        }
    }

    @Test func `claimers at the same time never get the same delivery, and leave none`() async throws {
        try await LedgerDatabase.with { database in
            for number in 0..<3 { _ = try await database.addChannel("channel \(number)") }
            try await database.planOpened(20)
            let claims = try await withThrowingTaskGroup(of: [DeliveryID].self) { group in
                for claimer in 0..<5 {
                    group.addTask {
                        var mine: [DeliveryID] = []
                        for _ in 0..<30 {
                            mine += try await database.claim(perChannel: 2, total: 3, owner: "claimer \(claimer)").map(\.id)
                        }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let ids = claims.flatMap(\.self)
            #expect(ids.count == 60)
            #expect(Set(ids).count == 60)
            #expect(try await database.lines().allSatisfy { $0.attempts == 1 && $0.fence == 1 && $0.state == "sending" })
        }
    }

    @Test func `a delivery that another claim has locked is passed over without waiting`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened(2)
            let locked = try #require(try await database.lines().first).id
            let claimed = try await database.pool.withTransaction { other in
                _ = try await other.query("SELECT 1 FROM deliveries WHERE id = $1 FOR UPDATE", [locked])
                return try await database.claim().map(\.id)
            }
            #expect(claimed.count == 1)
            #expect(!claimed.contains(locked))
        }
    }

    @Test func `within an incident and a channel the next one waits until the one before has ended`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel("a-webhook")
            _ = try await database.addChannel("b-webhook")
            let opened = try await database.opened()
            let resolved = try await database.resolved(opened)
            try await database.plan([opened, resolved])
            let first = try await database.claim()
            #expect(first.map(\.sequence) == [1, 1])
            #expect(Set(first.map(\.channelID)).count == 2)
            // On its way: blocks.
            #expect(try await database.claim().isEmpty)
            // To be tried again: blocks, though the one behind it is due.
            await database.record(.retry(afterSeconds: nil, Refusal(.rejected)), of: first[0])
            #expect(try await database.claim().isEmpty)
            // The other channel goes on by itself.
            await database.record(.delivered(providerID: nil, threadReference: nil), of: first[1])
            let second = try await database.claim()
            #expect(second.map(\.sequence) == [2])
            #expect(second.map(\.channelID) == [first[1].channelID])
            try await database.makeDue()
            #expect(try await database.claim().map(\.sequence) == [1])
        }
    }

    @Test func `the parts of one event go in their order`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel(type: "slack-bot")
            let opened = try await database.opened()
            let resolved = try await database.resolved(opened)
            try await database.plan([opened, resolved])
            var told: [String] = []
            for _ in 0..<3 {
                let claimed = try await database.claim()
                told += claimed.map { "\($0.sequence).\($0.part) \($0.threadReference ?? "none")" }
                for delivery in claimed {
                    await database.record(.delivered(providerID: "1", threadReference: delivery.sequence == 1 ? "C1/1" : nil), of: delivery)
                }
            }
            #expect(told == ["1.0 none", "2.0 C1/1", "2.1 C1/1"])
        }
    }

    @Test func `a channel gets no more than its share, what is on its way counted`() async throws {
        try await LedgerDatabase.with { database in
            let busy = try await database.addChannel("busy")
            let idle = try await database.addChannel("idle")
            try await database.planOpened(6)
            let claimed = try await database.claim(inFlight: [(busy, 3)], perChannel: 4)
            #expect(claimed.count { $0.channelID == busy } == 1)
            #expect(claimed.count { $0.channelID == idle } == 4)
            #expect(try await database.claim(inFlight: [(busy, 4), (idle, 9)], perChannel: 4).isEmpty)
            #expect(try await database.claim(inFlight: [(busy, 4), (idle, 4)], perChannel: 6, total: 1).count == 1)
        }
    }

    @Test func `what is not due yet is not claimed`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened()
            _ = try await database.pool.query("UPDATE deliveries SET next_attempt_at = now() + interval '1 minute'")
            #expect(try await database.claim().isEmpty)
            try await database.makeDue()
            #expect(try await database.claim().count == 1)
        }
    }

    @Test func `a channel that rests or is off gets nothing, one that has failed a single message`() async throws {
        try await LedgerDatabase.with { database in
            let resting = try await database.addChannel("resting")
            let off = try await database.addChannel("off")
            let failed = try await database.addChannel("failed")
            let rested = try await database.addChannel("rested")
            try await database.planOpened(3)
            _ = try await database.pool.query(
                "UPDATE notification_channels SET paused_until = now() + interval '1 minute' WHERE id = $1", [resting])
            _ = try await database.pool.query("UPDATE notification_channels SET enabled = false WHERE id = $1", [off])
            _ = try await database.pool.query(
                "UPDATE notification_channels SET consecutive_failures = $2 WHERE id = $1", [failed, ChannelBreaker.threshold])
            _ = try await database.pool.query(
                "UPDATE notification_channels SET paused_until = now() - interval '1 second' WHERE id = $1", [rested])
            let claimed = Dictionary(grouping: try await database.claim(), by: \.channelID).mapValues(\.count)
            #expect(claimed == [failed: 1, rested: 3])
            try await database.endRests()
            #expect(try await database.claim(inFlight: [(failed, 1)]).map(\.channelID) == [resting, resting, resting])
        }
    }

    @Test func `a pass claims no more than there are free places`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel("a")
            _ = try await database.addChannel("b")
            try await database.planOpened(5)
            let queue = DeliveryQueue(maxInFlight: 3)
            let pass = ClaimPass(
                runtime: database.runtime, config: database.config(["TOCSIN_NOTIFIER_MAX_IN_FLIGHT_PER_CHANNEL": "2"]),
                queue: queue, owner: .current(name: "first"))
            #expect(try await pass.run() == 3)
            #expect(try await pass.run() == 0)
            #expect(queue.total == 3)
            var deliveries = queue.deliveries.makeAsyncIterator()
            queue.finished(try #require(await deliveries.next()))
            #expect(try await pass.run() == 1)
            #expect(try await database.lines().count { $0.state == "sending" && $0.leaseOwner?.hasPrefix("first@") == true } == 4)
        }
    }

    @Test func `a claim looks only in the channels that it is asked for`() async throws {
        try await LedgerDatabase.with { database in
            let first = try await database.addChannel("first")
            let second = try await database.addChannel("second")
            try await database.planOpened(2)
            #expect(try await database.claim(in: .channels([])).isEmpty)
            #expect(try await database.claim(in: .channels([second])).map(\.channelID) == [second, second])
            #expect(try await database.claim().map(\.channelID) == [first, first])
        }
    }

    @Test func `a message that ends makes its channel news, and what was announced is told once`() async throws {
        try await LedgerDatabase.with { database in
            let channel = try await database.addChannel()
            try await database.planOpened()
            let claimed = try await database.claim()
            let queue = DeliveryQueue(maxInFlight: 4)
            queue.admit(claimed)
            #expect(queue.takeNews() == nil)
            queue.finished(try #require(claimed.first))
            #expect(queue.takeNews() == .channels([channel]))
            #expect(queue.takeNews() == nil)
            queue.announce(.channels([channel]))
            queue.announce(.everywhere)
            #expect(queue.takeNews() == .everywhere)
        }
    }
}
