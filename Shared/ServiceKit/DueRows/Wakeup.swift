import Synchronization

/// A hint from one task to another loop: there is something to do, do not wait for the timer. Hints do not add up.
package final class Wakeup: Sendable {
    private struct State {
        var isPending = false
        /// The one loop that waits, with a number so that a cancelled wait does not wake its successor.
        var waiter: (number: Int, continuation: CheckedContinuation<Void, Never>)?
        var lastNumber = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func wake() {
        let waiter = state.withLock { state in
            guard let waiter = state.waiter else {
                state.isPending = true
                return nil as CheckedContinuation<Void, Never>?
            }
            state.waiter = nil
            return waiter.continuation
        }
        waiter?.resume()
    }

    /// Waits for a hint, at most so long. A hint given before counts. One waiter at a time.
    package func wait(milliseconds: Int) async {
        await withTaskGroup { group in
            group.addTask { await self.waitForHint() }
            group.addTask {
                // Cancelled by the hint: that is the purpose.
                try? await Task.sleep(for: .milliseconds(milliseconds))
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitForHint() async {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if !park(continuation, number) { continuation.resume() }
            }
        } onCancel: {
            giveUp(number)
        }
    }

    /// False when there is nothing to wait for.
    private func park(_ continuation: CheckedContinuation<Void, Never>, _ number: Int) -> Bool {
        let replaced = state.withLock { state -> CheckedContinuation<Void, Never>?? in
            // The cancellation handler runs either before this check or after the waiter is in place.
            if state.isPending || Task.isCancelled {
                state.isPending = false
                return .none
            }
            let old = state.waiter?.continuation
            state.waiter = (number, continuation)
            return .some(old)
        }
        guard let replaced else { return false }
        replaced?.resume()
        return true
    }

    private func giveUp(_ number: Int) {
        let waiter = state.withLock { state in
            guard state.waiter?.number == number else { return nil as CheckedContinuation<Void, Never>? }
            defer { state.waiter = nil }
            return state.waiter?.continuation
        }
        waiter?.resume()
    }
}
