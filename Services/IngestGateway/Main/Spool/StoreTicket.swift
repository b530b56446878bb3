import Models
import Synchronization

/// One request that waits for its commit. Whoever waits is resumed once: by the commit, or at the deadline when the disk does not answer.
final class StoreTicket: Sendable {
    /// Told once, by the commit and not by the deadline: until then the alerts take memory, and may still be stored.
    typealias Settled = @Sendable (Result<SpoolContents, SpoolFailure>) -> Void

    private enum State {
        case open
        /// Goes to `done`.
        case waiting(CheckedContinuation<Result<Void, SpoolFailure>, Never>)
        case done(Result<Void, SpoolFailure>)
    }

    let facts: [Fact]
    let bytes: Int
    private let deadline: ContinuousClock.Instant
    private let settled: Settled
    private let state = Mutex(State.open)

    init(_ facts: [Fact], deadline: ContinuousClock.Instant, settled: @escaping Settled) {
        self.facts = facts
        self.deadline = deadline
        self.settled = settled
        bytes = facts.reduce(0) { $0 + $1.spoolBytes }
    }

    /// By the commit.
    func settle(_ result: Result<SpoolContents, SpoolFailure>) {
        settled(result)
        finish(result.map { _ in })
    }

    /// - Returns: true when the deadline has passed and somebody still waited.
    func expire(at now: ContinuousClock.Instant) -> Bool { now >= deadline && finish(.failure(.timedOut)) }

    func result() async -> Result<Void, SpoolFailure> {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state -> Result<Void, SpoolFailure>? in
                if case .done(let result) = state { return result }
                state = .waiting(continuation)
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }

    @discardableResult
    private func finish(_ result: Result<Void, SpoolFailure>) -> Bool {
        let (isFirst, continuation) = state.withLock { state -> (Bool, CheckedContinuation<Result<Void, SpoolFailure>, Never>?) in
            switch state {
            case .open:
                state = .done(result)
                return (true, nil)
            case .waiting(let continuation):
                state = .done(result)
                return (true, continuation)
            case .done:
                return (false, nil)
            }
        }
        continuation?.resume(returning: result)
        return isFirst
    }
}

extension Fact {
    /// Bytes of what the spool keeps of it.
    var spoolBytes: Int {
        payload.count + key.utf8.count + id.utf8.count + type.utf8.count + source.utf8.count + (traceparent?.utf8.count ?? 0)
    }
}
