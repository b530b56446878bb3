import Synchronization

/// Cancels what takes too long, up to a second late. One task watches over all, so that a request that is in time costs an entry in a
/// table and no timer.
final class ReadDeadlines: Sendable {
    private struct Entry: Sendable {
        let deadline: ContinuousClock.Instant
        let task: RunningTask
    }

    private struct State {
        var nextID: UInt64 = 0
        var entries: [UInt64: Entry] = [:]
        var isWatched = false
    }

    /// A task that may be cancelled by others for as long as it is in the table.
    /// @unchecked: of `UnsafeCurrentTask`, what `Task` has too may be called from everywhere while the task lives; it takes itself out of
    /// the table, under the lock that `cancel` is called under, before it ends.
    private struct RunningTask: @unchecked Sendable {
        let task: UnsafeCurrentTask?
        func cancel() { task?.cancel() }
    }

    private let state = Mutex(State())

    /// - Returns: what `body` returned, and whether it was cancelled because its time was up.
    func run<Result: Sendable>(
        seconds: Int, _ body: @escaping @Sendable () async -> Result
    ) async -> (result: Result, isLate: Bool) {
        // A task of its own: the caller, who has an answer to give, must not be cancelled.
        async let outcome = withUnsafeCurrentTask { task in
            let id = self.add(RunningTask(task: task), deadline: .now.advanced(by: .seconds(seconds)))
            let result = await body()
            return (result, !self.remove(id))
        }
        return await outcome
    }

    private func add(_ task: RunningTask, deadline: ContinuousClock.Instant) -> UInt64 {
        let (id, needsWatch) = state.withLock { state in
            state.nextID += 1
            state.entries[state.nextID] = Entry(deadline: deadline, task: task)
            defer { state.isWatched = true }
            return (state.nextID, !state.isWatched)
        }
        if needsWatch { Task { await watch() } }
        return id
    }

    /// - Returns: whether it was still there.
    private func remove(_ id: UInt64) -> Bool { state.withLock { $0.entries.removeValue(forKey: id) != nil } }

    /// Until nothing is left to watch over.
    private func watch() async {
        while let next = state.withLock({ Self.cancelLate(&$0, now: .now) }) {
            // Nobody cancels this task. What is added meanwhile may be due before `next`.
            try? await Task.sleep(until: min(next, .now.advanced(by: .seconds(1))))
        }
    }

    /// - Returns: the next deadline; nil when there is none.
    private static func cancelLate(_ state: inout State, now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        var next: ContinuousClock.Instant?
        for (id, entry) in state.entries {
            if entry.deadline <= now {
                entry.task.cancel()
                state.entries[id] = nil
            } else {
                next = min(next ?? entry.deadline, entry.deadline)
            }
        }
        state.isWatched = next != nil
        return next
    }
}
