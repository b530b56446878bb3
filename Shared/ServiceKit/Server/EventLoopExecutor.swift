import NIOCore
import Synchronization

/// Runs the tasks of a connection on the connection's own event loop: its reads, its answers and what is decided between them stay on one
/// thread, where each hop to Swift's pool and back would cost two wake-ups of a thread.
///
/// Nothing that runs here may block, as on Swift's own pool.
final class EventLoopExecutor: TaskExecutor {
    private struct State: ~Copyable {
        var waiting: [UnownedJob] = []
        /// Whether the loop has been asked to run what waits.
        var isScheduled = false
    }

    private let loop: any EventLoop
    private let state = Mutex(State())

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFirst = state.withLock { state in
            state.waiting.append(job)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        // One wake-up for all that come before the loop gets here, such as the senders of one acknowledged batch.
        if isFirst { loop.execute { self.runWaiting() } }
    }

    /// Jobs that these enqueue run in the loop's next turn, after what the sockets have brought meanwhile.
    private func runWaiting() {
        let jobs = state.withLock { state in
            state.isScheduled = false
            var jobs: [UnownedJob] = []
            swap(&jobs, &state.waiting)
            return jobs
        }
        for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}

/// The one executor of each event loop.
final class EventLoopExecutors: Sendable {
    private let executors = Mutex<[ObjectIdentifier: EventLoopExecutor]>([:])

    func executor(of loop: any EventLoop) -> EventLoopExecutor {
        executors.withLock { executors in
            if let executor = executors[ObjectIdentifier(loop)] { return executor }
            let executor = EventLoopExecutor(loop)
            executors[ObjectIdentifier(loop)] = executor
            return executor
        }
    }
}
