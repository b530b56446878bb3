import Delivery
import Models
import Postgres
import Store
import Testing

@testable import notifier

/// What an outcome does to the channel, against a real PostgreSQL.
@Suite(.timeLimit(.minutes(10))) struct ChannelHealthTests {
    private static let refused = Outcome.retry(afterSeconds: nil, Refusal(.serverError, status: 503))
    private static let taken = Outcome.delivered(providerID: nil, threadReference: nil)

    /// Seconds that the channel still rests, by the database's clock; nil: not at all.
    private func rest(of channel: ChannelID, in database: LedgerDatabase) async throws -> Double? {
        try await database.pool.query(
            """
            -- rest of a channel
            SELECT extract(epoch FROM paused_until - now())::double precision AS rest FROM notification_channels WHERE id = $1
            """, [channel]
        ).first?.optionalDouble("rest")
    }

    @Test func `failures in a row give the channel a rest, and a success clears it`() async throws {
        try await LedgerDatabase.with { database in
            let channel = try await database.addChannel("failing")
            let other = try await database.addChannel("other")
            try await database.planOpened(6)
            let claimed = try await database.claim().filter { $0.channelID == channel }
            #expect(claimed.count == 4)
            for delivery in claimed.prefix(2) { await database.record(Self.refused, of: delivery) }
            #expect(try await rest(of: channel, in: database) == nil)
            await database.record(Self.refused, of: claimed[2])
            let opened = try #require(try await rest(of: channel, in: database))
            #expect((10...15).contains(opened))
            #expect(try await database.channel(channel)?.consecutiveFailures == 3)
            #expect(try await database.channel(channel)?.lastError == "serverError (503)")
            // What was on its way when it opened does not make the rest longer.
            await database.record(Self.refused, of: claimed[3])
            let unchanged = try #require(try await rest(of: channel, in: database))
            #expect(unchanged <= opened)
            try await database.makeDue()
            #expect(try await database.claim(inFlight: [(other, 4)]).isEmpty)
            // Rested: one message tries, and its failure opens again for longer.
            try await database.endRests()
            let probe = try await database.claim(inFlight: [(other, 4)])
            #expect(probe.count == 1)
            await database.record(Self.refused, of: probe[0])
            let longer = try #require(try await rest(of: channel, in: database))
            #expect(longer > 15)
            // The next one is taken.
            try await database.endRests()
            let second = try #require(try await database.claim(inFlight: [(other, 4)]).first)
            _ = try await database.pool.query(
                "UPDATE notification_channels SET paused_until = now() + interval '1 hour' WHERE id = $1", [channel])
            await database.record(Self.taken, of: second)
            #expect(try await rest(of: channel, in: database) == nil)
            #expect(try await database.channel(channel)?.consecutiveFailures == 0)
            try await database.makeDue()
            #expect(try await database.claim(inFlight: [(other, 4)]).count == 4)
            #expect(try await database.channel(other)?.consecutiveFailures == 0)
        }
    }

    @Test func `one bad message is not the channel's fault`() async throws {
        try await LedgerDatabase.with { database in
            let channel = try await database.addChannel()
            try await database.planOpened(4)
            for delivery in try await database.claim() {
                await database.record(.permanent(Refusal(.rejected, status: 400)), of: delivery)
            }
            #expect(try await database.channel(channel)?.consecutiveFailures == 0)
            #expect(try await rest(of: channel, in: database) == nil)
        }
    }

    @Test func `a provider that asks for quiet gets it, and the longest wish counts`() async throws {
        try await LedgerDatabase.with { database in
            let channel = try await database.addChannel()
            try await database.planOpened(3)
            let claimed = try await database.claim()
            await database.record(.retry(afterSeconds: 300, Refusal(.rateLimited, status: 429)), of: claimed[0])
            await database.record(.retry(afterSeconds: 60, Refusal(.rateLimited, status: 429)), of: claimed[1])
            let asked = try #require(try await rest(of: channel, in: database))
            #expect((290...300).contains(asked))
            #expect(try await database.channel(channel)?.consecutiveFailures == 0)
            // A message that had passed already does not break the quiet.
            await database.record(Self.taken, of: claimed[2])
            let kept = try #require(try await rest(of: channel, in: database))
            #expect(kept > 200)
            let line = try #require(try await database.lines().first { $0.id == claimed[0].id })
            #expect((290...360).contains(line.waitSeconds))
        }
    }

    @Test func `a target that is gone switches the channel off and what waits for it is suppressed`() async throws {
        try await LedgerDatabase.with { database in
            let gone = try await database.addChannel("gone")
            let other = try await database.addChannel("other")
            try await database.planOpened(6)
            let claimed = try await database.claim()
            let mine = claimed.filter { $0.channelID == gone }
            await database.record(.permanent(Refusal(.gone, status: 410)), of: mine[0])
            await database.record(Self.refused, of: mine[1])
            #expect(try await database.channel(gone)?.enabled == false)
            // Why it is off is not forgotten for what was on its way then.
            #expect(try await database.channel(gone)?.lastError == "gone (410)")
            #expect(try await database.channel(other)?.enabled == true)
            // Two were never tried, one was refused before; what is on its way comes to its own end.
            #expect(try await database.leases.run() == 3)
            await database.record(Self.taken, of: mine[2])
            await database.record(Self.refused, of: mine[3])
            #expect(try await database.leases.run() == 1)
            let lines = try await database.lines().filter { $0.channelID == gone }
            #expect(Dictionary(grouping: lines, by: \.state).mapValues(\.count) == ["dead": 1, "suppressed": 4, "sent": 1])
            #expect(lines.filter { $0.state == "suppressed" }.allSatisfy { $0.isFinished && $0.lastError == "channel_disabled" })
            let suppressed = try await database.facts().filter { $0.state == .suppressed }
            #expect(suppressed.map(\.reason) == Array(repeating: "channel_disabled", count: 4))
            #expect(suppressed.map(\.channelType) == Array(repeating: "webhook", count: 4))
            #expect(suppressed.map(\.attempts).sorted() == [0, 0, 1, 1])
            #expect(try await database.finishedWithGaps() == 0)
            #expect(try await database.lines().count { $0.channelID == other && $0.state == "suppressed" } == 0)
        }
    }

    @Test func `a target that has moved is followed by the next attempt`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel(type: "telegram", config: #"{"token": "t", "chatId": "-1"}"#)
            try await database.planOpened()
            let delivery = try #require(try await database.claim().first)
            await database.record(.moved(setting: "chatId", value: "-100\"2"), of: delivery)
            let next = try #require(try await database.claim().first)
            #expect(next.id == delivery.id)
            #expect(String(decoding: next.config, as: UTF8.self) == #"{"token": "t", "chatId": "-100\"2"}"#)
        }
    }
}
