import Grouping
import Kafka
import Models
import Postgres
import ServiceKit
import Synchronization

/// Signals become alerts and incidents. Repeats of alerts that are known to fire are only counted; everything else is read, decided and
/// written in one transaction.
final class SignalHandler: BatchHandler {
    private let metrics: GrouperMetrics
    private let memory: RepeatMemory
    private let onCommit: @Sendable (_ newest: Timestamp) -> Void
    private let transaction: GroupingTransaction
    /// The last attempt; it counts once it has committed.
    private let pending = Mutex<SignalAttempt?>(nil)

    /// - Parameter onCommit: told when the gateway had received the newest signal of a batch.
    init(metrics: GrouperMetrics, memory: RepeatMemory, onCommit: @escaping @Sendable (_ newest: Timestamp) -> Void) {
        self.metrics = metrics
        self.memory = memory
        self.onCommit = onCommit
        transaction = GroupingTransaction(onConflict: metrics.conflict)
    }

    func handle(_ records: [IncomingRecord], in connection: PostgresConnection, now: Timestamp) async throws -> [Fact] {
        giveUpPending()
        let reading = try SignalReading(records, memory: memory, now: now)
        var attempt = SignalAttempt(repeats: reading.repeats, newest: reading.newest, now: now)
        if !reading.signals.isEmpty {
            let policies = try await PolicyStore.policies(of: Set(reading.signals.map(\.teamID)), in: connection)
            if let stranger = reading.signals.firstIndex(where: { policies[$0.teamID] == nil }) {
                throw PoisonRecord(index: reading.indices[stranger], reason: "teamId: there is no such team")
            }
            attempt.last = reading.last
            attempt.touches = memory.takeTouches(of: reading.last.keys)
            pending.withLock { [attempt] in $0 = attempt }
            attempt.changes = try await transaction.apply(reading.signals, policies, touches: attempt.touches, now: now, in: connection)
        }
        pending.withLock { [attempt] in $0 = attempt }
        return attempt.changes.events.map { $0.fact(from: GrouperServices.name) }
    }

    func committed(_ records: [IncomingRecord]) async {
        guard let done = takePending() else { return }
        metrics.count(done.changes)
        memory.committed(done)
        onCommit(done.newest ?? done.now)
    }

    func reset() async {
        giveUpPending()
        memory.forgetAll()
    }

    private func takePending() -> SignalAttempt? {
        pending.withLock { pending in
            defer { pending = nil }
            return pending
        }
    }

    /// The attempt before did not commit.
    private func giveUpPending() {
        if let failed = takePending() { memory.giveBack(failed.touches) }
    }
}
