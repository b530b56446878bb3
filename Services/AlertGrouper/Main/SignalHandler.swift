import Grouping
import Kafka
import Models
import Postgres
import ServiceKit
import Synchronization

/// Signals become alerts and incidents.
final class SignalHandler: BatchHandler {
    private let metrics: GrouperMetrics
    private let onCommit: @Sendable (_ newest: Timestamp) -> Void
    private let transaction: GroupingTransaction
    /// What the last attempt would change; counted once it has committed.
    private let pending = Mutex<(changes: GroupingChanges, newest: Timestamp)?>(nil)

    /// - Parameter onCommit: told when the gateway had received the newest signal of a batch.
    init(metrics: GrouperMetrics, onCommit: @escaping @Sendable (_ newest: Timestamp) -> Void) {
        self.metrics = metrics
        self.onCommit = onCommit
        transaction = GroupingTransaction(onConflict: metrics.conflict)
    }

    func handle(_ records: [IncomingRecord], in connection: PostgresConnection, now: Timestamp) async throws -> [Fact] {
        pending.withLock { $0 = nil }
        let signals = try records.enumerated().map { try SignalHandler.signal($0.element, index: $0.offset) }
        let policies = try await PolicyStore.policies(of: Set(signals.map(\.teamID)), in: connection)
        if let stranger = signals.firstIndex(where: { policies[$0.teamID] == nil }) {
            throw PoisonRecord(index: stranger, reason: "teamId: there is no such team")
        }
        let changes = try await transaction.apply(signals, policies, now: now, in: connection)
        let newest = signals.map(\.receivedAt).max() ?? now
        pending.withLock { $0 = (changes, newest) }
        return changes.events.map { $0.fact(from: GrouperServices.name) }
    }

    func committed(_ records: [IncomingRecord]) async {
        let done = pending.withLock { pending in
            defer { pending = nil }
            return pending
        }
        guard let done else { return }
        metrics.count(done.changes)
        onCommit(done.newest)
    }

    private static func signal(_ record: IncomingRecord, index: Int) throws -> Signal {
        let signal: Signal
        do { signal = try Signal(decoding: record.value) } catch { throw PoisonRecord(index: index, reason: error.description) }
        if let fault = SignalFault(of: signal) { throw PoisonRecord(index: index, reason: fault.description) }
        return signal
    }
}
