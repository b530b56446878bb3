import Delivery
import Models
import Postgres
import Testing

@testable import notifier

/// What happens at the shutdown to deliveries that were claimed but not sent, and to outcomes that are not written yet.
@Suite(.timeLimit(.minutes(10))) struct ReleaseTests {
    @Test func `a delivery that was not sent is given back without a trace, also by a cancelled task`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened()
            let first = try #require(try await database.claim().first)
            await cancelled { await database.outcomes.release(first) }
            let line = try #require(try await database.lines().first)
            #expect(line.state == "pending" && line.attempts == 0 && line.resends == 0 && line.leaseOwner == nil)
            #expect(try await database.attempts(of: first.id).isEmpty)
            let second = try #require(try await database.claim(owner: "second").first)
            #expect(second.id == first.id && second.attempts == 1 && second.fence > first.fence)
            await database.outcomes.release(first)
            #expect(try await database.lines().map(\.leaseOwner) == ["second"], "the claim of another is not given back")
        }
    }

    @Test func `the outcome of a message that was sent is written although the task is cancelled`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened()
            let delivery = try #require(try await database.claim().first)
            await cancelled { await database.record(.delivered(providerID: "1", threadReference: nil), of: delivery) }
            #expect(try await database.lines().map(\.state) == ["sent"])
        }
    }

    /// Runs in a task that was cancelled before.
    private func cancelled(_ work: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask { await work() }
        }
    }
}
