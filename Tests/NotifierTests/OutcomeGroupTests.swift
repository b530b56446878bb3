import Delivery
import Models
import Postgres
import Store
import Synchronization
import Testing

@testable import notifier

/// Outcomes that share a transaction.
@Suite(.timeLimit(.minutes(10))) struct OutcomeGroupTests {
    private struct Refused: Error {}

    /// What was written, one array a transaction; the first write lasts until `release`.
    private final class Writes: Sendable {
        private let written = Mutex<[[DeliveryID]]>([])
        private let gate = AsyncStream<Void>.makeStream()

        var all: [[DeliveryID]] { written.withLock { $0 } }

        func release() { gate.continuation.finish() }

        func write(_ sent: [SentDelivery], failing: Bool = false) async throws -> OutcomeGroup.Written {
            let isFirst = written.withLock { written in
                written.append(sent.map(\.delivery.id))
                return written.count == 1
            }
            if isFirst { for await _ in gate.stream {} }
            if failing && !isFirst { throw Refused() }
            return OutcomeGroup.Written(ours: Set(sent.map(\.delivery.id)))
        }
    }

    private func sent(_ count: Int, _ database: LedgerDatabase) async throws -> [SentDelivery] {
        _ = try await database.addChannel()
        try await database.planOpened(count)
        return try await database.claim(perChannel: count).map { try #require(SentDelivery($0, settlement, label: "delivered")) }
    }

    private var settlement: Settlement {
        Settlement(
            .delivered(providerID: nil, threadReference: nil), attempts: 1, resends: 0, doubt: .resend, now: Timestamp(microseconds: 0)
        ) { _, _ in nil }
    }

    @Test func `those that come while one is written share the next transaction`() async throws {
        try await LedgerDatabase.with { database in
            let sent = try await sent(5, database)
            let writes = Writes()
            let group = OutcomeGroup(write: { try await writes.write($0) }, publish: { _ in })
            let results = try await withThrowingTaskGroup(of: Bool.self) { tasks in
                tasks.addTask { try await group.record(sent[0]) }
                while writes.all.isEmpty { await Task.yield() }
                for one in sent[1...] { tasks.addTask { try await group.record(one) } }
                while group.waiting < 4 { await Task.yield() }
                writes.release()
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(results == [true, true, true, true, true])
            #expect(writes.all.map(\.count) == [1, 4])
            #expect(Set(writes.all[1]) == Set(sent[1...].map(\.delivery.id)))
        }
    }

    @Test func `a transaction that fails is told to each of its members, and the next is written`() async throws {
        try await LedgerDatabase.with { database in
            let sent = try await sent(3, database)
            let writes = Writes()
            let group = OutcomeGroup(write: { try await writes.write($0, failing: writes.all.count < 2) }, publish: { _ in })
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { _ = try? await group.record(sent[0]) }
                while writes.all.isEmpty { await Task.yield() }
                for one in sent[1...] {
                    tasks.addTask { await #expect(throws: Refused.self) { try await group.record(one) } }
                }
                while group.waiting < 2 { await Task.yield() }
                writes.release()
                await tasks.waitForAll()
            }
            #expect(try await group.record(sent[1]))
        }
    }

    @Test func `of a delivery that somebody else took over nothing is written, of the others all`() async throws {
        try await LedgerDatabase.with { database in
            let sent = try await sent(3, database)
            _ = try await database.pool.query("UPDATE deliveries SET fence = fence + 1 WHERE id = $1", [sent[1].delivery.id])
            let ours = try await database.pool.withTransaction { try await OutcomeStore.finishSent(sent, in: $0) }
            #expect(ours == [sent[0].delivery.id, sent[2].delivery.id])
            let states = Dictionary(uniqueKeysWithValues: try await database.lines().map { ($0.id, $0.state) })
            #expect(sent.map { states[$0.delivery.id] } == ["sent", "sending", "sent"])
            #expect(try await database.attempts(of: sent[0].delivery.id) == ["delivered"])
            #expect(try await database.attempts(of: sent[1].delivery.id) == [nil])
        }
    }

    @Test func `a message that arrives ends the rest of its channel and keeps its thread`() async throws {
        try await LedgerDatabase.with { database in
            let channel = try await database.addChannel(type: "slack-bot")
            try await database.planOpened()
            let claimed = try #require(try await database.claim().first)
            _ = try await database.pool.query(
                "UPDATE notification_channels SET consecutive_failures = 5, paused_until = now() + interval '1 hour'")
            await database.record(.delivered(providerID: "1", threadReference: "C1/1"), of: claimed)
            #expect(try await database.channel(channel)?.pausedUntil == nil)
            #expect(try await database.count("SELECT count(*) FROM notification_channels WHERE consecutive_failures = 0") == 1)
            #expect(try await database.count("SELECT count(*) FROM channel_threads WHERE reference = 'C1/1'") == 1)
            #expect(try await database.facts().map(\.state) == [.sent])
        }
    }
}
