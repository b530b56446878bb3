import Glibc
import Synchronization

/// A named place between two external effects, where the fault tests let a process die: `CRASHPOINT=batch.committed:3` ends it, as
/// `kill -9` would, when it comes by for the third time. Not set, passing one costs a relaxed load.
package enum CrashPoint: String, Sendable, CaseIterable {
    /// Records handed to the producer; the broker has not answered.
    case gatewayProduced = "gateway.produced"
    /// Records acknowledged; the sender has no answer.
    case gatewayAcknowledged = "gateway.acknowledged"
    /// The sender is being answered.
    case gatewayAnswered = "gateway.answered"
    /// Records fsynced into the spool; the sender has no answer.
    case spoolStored = "spool.stored"
    /// Spooled records acknowledged by the broker, still in the spool.
    case spoolPublished = "spool.published"
    /// Effects of a batch written, not committed.
    case batchWritten = "batch.written"
    /// A batch committed, its facts not published.
    case batchCommitted = "batch.committed"
    /// As `batch.committed`, in a loop over due rows or a request of a person.
    case factsCommitted = "facts.committed"
    /// Facts acknowledged by the broker, still in the outbox.
    case outboxPublished = "outbox.published"
    /// As `outbox.published`, in the relay.
    case relayPublished = "relay.published"
    /// A message's intent committed, nothing sent.
    case deliveryClaimed = "delivery.claimed"
    /// The provider has answered, the outcome is not committed.
    case deliverySent = "delivery.sent"
    /// The outcome of a message committed, its fact not published.
    case deliveryRecorded = "delivery.recorded"
    /// A document's job claimed, nothing written.
    case documentClaimed = "document.claimed"
    /// A document handed to its publisher, the outcome not committed.
    case documentWritten = "document.written"

    /// Where the process is to die, and at which passing (from 1).
    package struct Armed: Sendable, Hashable {
        package let point: CrashPoint
        package let passing: Int

        package init(_ point: CrashPoint, passing: Int) {
            self.point = point
            self.passing = passing
        }

        /// `name:n`; nil when the name is unknown or `n` is not a whole number from 1.
        package init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let point = CrashPoint(rawValue: String(parts[0])), let passing = Int(parts[1]), passing > 0 else {
                return nil
            }
            self.init(point, passing: passing)
        }
    }

    /// Exit code of a process that was killed by signal 9, as a shell gives it.
    private static let exitCode: Int32 = 137
    private static let isAnyArmed = Atomic(false)
    private static let state = Mutex<(armed: Armed, left: Int)?>(nil)

    package static func arm(_ armed: Armed?) {
        state.withLock { $0 = armed.map { ($0, $0.passing) } }
        isAnyArmed.store(armed != nil, ordering: .releasing)
    }

    /// Whether this is the place: what is usually left to a later message may have to be done before it.
    package var isArmed: Bool {
        Self.isAnyArmed.load(ordering: .relaxed) && Self.state.withLock { $0?.armed.point == self }
    }

    /// Ends the process, without any cleaning up, when this is the place and the time.
    package func reach() {
        guard Self.isAnyArmed.load(ordering: .relaxed) else { return }
        let isDue = Self.state.withLock { state in
            guard var current = state, current.armed.point == self else { return false }
            current.left -= 1
            state = current
            return current.left == 0
        }
        guard isDue else { return }
        StandardError.write("crash point \(rawValue) reached\n")
        _exit(Self.exitCode)
    }
}
