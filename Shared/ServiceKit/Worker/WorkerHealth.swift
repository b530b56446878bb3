import Kafka
import Models
import Synchronization

/// What `/ready` says about a worker: its loop turns, no batch is stuck, and it reads its partitions or waits for them.
///
/// One that waits for its partitions is ready: the group hands them out when it suits the group (Kafka lets a new group wait three seconds,
/// and the others hand over first), records that come in meanwhile are handled afterwards, and a rolling restart that waited for each
/// would only take longer. One that waits for longer than the group can mean it to is not.
final class WorkerHealth: Sendable {
    /// A batch in hand for longer is stuck, and so is a loop that does not turn: librdkafka does not notice, its queues are still polled.
    static let stuckAfterSeconds = 60.0
    /// A group waits for a member that hangs for `max.poll.interval.ms`, one minute; librdkafka gives the answer three seconds more.
    static let waitSeconds = 75.0

    private struct State {
        var membership: (any Membership)?
        var waitingSince: Timestamp?
        var turnedAt: Timestamp?
        var inHandSince: Timestamp?
        var behindSince: Timestamp?
        var behind: Int64 = 0
        var trouble: String?
    }

    private let state = Mutex(State())

    func started(_ membership: any Membership, now: Timestamp) {
        state.withLock { $0 = State(membership: membership, waitingSince: now, turnedAt: now) }
    }

    func stopped() { state.withLock { $0.membership = nil } }

    /// The loop has come round.
    /// - Returns: for how many seconds it has waited for its partitions; 0 while it reads them.
    @discardableResult
    func turned(now: Timestamp) -> Double {
        state.withLock { state in
            state.turnedAt = now
            guard state.membership?.isReading == false else {
                state.waitingSince = nil
                return 0
            }
            let since = state.waitingSince ?? now
            state.waitingSince = since
            return max(0, now.seconds(since: since))
        }
    }

    func inHand(since: Timestamp?) { state.withLock { $0.inHandSince = since } }

    /// How many records are left to read, once in a while.
    /// - Parameter handledSome: whether any was handled since the last time.
    func measured(behind: Int64, handledSome: Bool, now: Timestamp) {
        state.withLock { state in
            state.behind = behind
            state.behindSince = behind > 0 && !handledSome ? state.behindSince ?? now : nil
        }
    }

    /// nil when all is well again.
    func trouble(_ cause: String?) { state.withLock { $0.trouble = cause } }

    func status(now: Timestamp) -> HealthStatus {
        let state = state.withLock { $0 }
        guard let membership = state.membership else { return .failed("not consuming") }
        if let trouble = state.trouble { return .failed("batch waits: \(trouble)") }
        if let since = state.inHandSince {
            let seconds = now.seconds(since: since)
            return seconds > Self.stuckAfterSeconds ? .failed("batch in hand for \(Int(seconds)) s") : partitions(membership)
        }
        if let seconds = Self.overdue(state.turnedAt, now) { return .failed("the loop stands still for \(seconds) s") }
        if let seconds = Self.overdue(state.behindSince, now) {
            return .failed("\(state.behind) records behind, none read for \(seconds) s")
        }
        guard let since = state.waitingSince, !membership.isReading else { return partitions(membership) }
        let seconds = max(0, now.seconds(since: since))
        let detail = "waits for its partitions for \(Int(seconds)) s"
        return seconds > Self.waitSeconds ? .failed(detail) : .ok(detail)
    }

    private func partitions(_ membership: any Membership) -> HealthStatus { .ok("\(membership.assignment.count) partitions") }

    private static func overdue(_ since: Timestamp?, _ now: Timestamp) -> Int? {
        guard let since else { return nil }
        let seconds = now.seconds(since: since)
        return seconds > stuckAfterSeconds ? Int(seconds) : nil
    }
}

/// A consumer's place in its group.
protocol Membership: Sendable {
    /// The group has given it its partitions, perhaps none, and their positions are known.
    var isReading: Bool { get }
    var assignment: [TopicPartition] { get }
}

extension Consumer: Membership {}
