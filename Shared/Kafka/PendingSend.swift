import Synchronization

/// One `Producer.send` that waits for the reports of its records. Settles once: at the first failure, at the last
/// acknowledgement, at the deadline or on cancellation, whichever comes first.
final class PendingSend: Sendable {
    private let deadline: ContinuousClock.Instant
    private let timeoutMilliseconds: Int
    private let unacknowledged: Atomic<Int>
    private let promise = ResumeOnce<Result<Void, KafkaError>>()

    init(records: Int, timeoutMilliseconds: Int, now: ContinuousClock.Instant) {
        self.timeoutMilliseconds = timeoutMilliseconds
        deadline = now.advanced(by: .milliseconds(timeoutMilliseconds))
        unacknowledged = Atomic(records)
    }

    /// One delivery report.
    func recordSettled(_ failure: KafkaError?) {
        if let failure {
            settle(.failure(failure))
            return
        }
        if unacknowledged.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { settle(.success(())) }
    }

    /// True where the deadline has passed; the waiter then got `timedOut` unless it was settled before.
    func expire(at now: ContinuousClock.Instant) -> Bool {
        guard now >= deadline else { return false }
        settle(.failure(.timedOut("the send", milliseconds: timeoutMilliseconds)))
        return true
    }

    func settle(_ result: Result<Void, KafkaError>) { promise.resolve(result) }

    func result() async -> Result<Void, KafkaError> { await promise.value() }
}
