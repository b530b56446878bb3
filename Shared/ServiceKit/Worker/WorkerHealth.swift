import Kafka
import Models
import Synchronization

/// What `/ready` says about a worker: it takes part in its group, and no batch is stuck.
final class WorkerHealth: Sendable {
    /// A batch in hand for longer is stuck: librdkafka does not notice, since its queues are still polled.
    private static let stuckAfterSeconds = 60.0
    /// A member without partitions may be a spare one; before this time it has probably not joined yet.
    private static let joinSeconds = 15.0

    private struct State {
        var consumer: Consumer?
        var startedAt: Timestamp?
        var inHandSince: Timestamp?
        var trouble: String?
    }

    private let state = Mutex(State())

    func started(_ consumer: Consumer, now: Timestamp) {
        state.withLock { $0 = State(consumer: consumer, startedAt: now) }
    }

    func stopped() { state.withLock { $0.consumer = nil } }

    func inHand(since: Timestamp?) { state.withLock { $0.inHandSince = since } }

    /// nil when all is well again.
    func trouble(_ cause: String?) { state.withLock { $0.trouble = cause } }

    func status(now: Timestamp) -> HealthStatus {
        let state = state.withLock { $0 }
        guard let consumer = state.consumer, let startedAt = state.startedAt else { return .failed("not consuming") }
        if let trouble = state.trouble { return .failed("batch waits: \(trouble)") }
        if let since = state.inHandSince, now.seconds(since: since) > Self.stuckAfterSeconds {
            return .failed("batch in hand for \(Int(now.seconds(since: since))) s")
        }
        let partitions = consumer.assignment.count
        if partitions == 0, now.seconds(since: startedAt) < Self.joinSeconds { return .failed("joining the group") }
        return .ok("\(partitions) partitions")
    }
}
