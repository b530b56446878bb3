import Glibc
import Synchronization

/// A bounded number of HTTP transfers at once on one thread of their own, so that none blocks the cooperative pool and a peer that does not
/// answer holds a place, not a thread. They share their connections. Calls beyond the bound wait in the order of their coming; each waiting
/// job is a suspended caller, so the callers bound the queue.
final class HTTPLoop: Sendable {
    private let core: HTTPLoopCore

    init(maxConcurrent: Int) { core = HTTPLoopCore(maxConcurrent: max(1, maxConcurrent)) }

    /// Jobs that wait for a place.
    var waitingJobs: Int { core.state.withLock(\.waiting.count) }

    /// The thread ends after what is under way; nothing may be waiting (each waiting caller keeps the owner alive).
    func close() { core.close() }

    /// Carries out the request. The time spent waiting for a place counts.
    func run(_ job: HTTPJob, timeoutMilliseconds: Int) async -> Result<HTTPResponse, OutboundError> {
        let cancellation = CancellationFlag()
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(timeoutMilliseconds))
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                core.add(
                    HTTPLoopJob(job: job, deadline: deadline, cancellation: cancellation) { continuation.resume(returning: $0) })
            }
        } onCancel: {
            cancellation.cancel()
            core.noteCancellation()
        }
    }
}

/// A request with its caller. `finish` is called exactly once.
struct HTTPLoopJob: Sendable {
    let job: HTTPJob
    let deadline: ContinuousClock.Instant
    let cancellation: CancellationFlag
    let finish: @Sendable (Result<HTTPResponse, OutboundError>) -> Void
}

/// What callers and the thread share.
///
/// `@unchecked Sendable`: `state` guards itself, and of `multi` only `wakeUp` is called by anybody but the one thread that `add` starts.
final class HTTPLoopCore: @unchecked Sendable {
    struct State {
        var waiting: [HTTPLoopJob] = []
        var isRunning = false
        var isClosed = false
        /// A job was cancelled since the thread last looked.
        var mustSweep = false
    }

    let state = Mutex(State())
    let maxConcurrent: Int
    let multi: CurlMulti?

    init(maxConcurrent: Int) {
        self.maxConcurrent = maxConcurrent
        multi = CurlMulti(maxConnections: maxConcurrent)
    }

    func add(_ job: HTTPLoopJob) {
        guard let multi, hasThread() else { return job.finish(.failure(.noHandle)) }
        let isTaken = state.withLock { state in
            // The flag is set before `noteCancellation` takes the lock: a job is either seen here or found there.
            guard !job.cancellation.isCancelled else { return false }
            state.waiting.append(job)
            return true
        }
        guard isTaken else { return job.finish(.failure(.cancelledBeforeStart)) }
        multi.wakeUp()
    }

    func noteCancellation() {
        let dropped = state.withLock { state in
            let cancelled = state.waiting.filter(\.cancellation.isCancelled)
            state.waiting.removeAll(where: \.cancellation.isCancelled)
            state.mustSweep = true
            return cancelled
        }
        for job in dropped { job.finish(.failure(.cancelledBeforeStart)) }
        multi?.wakeUp()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        multi?.wakeUp()
    }

    /// False when the system gives no thread; the next call tries again.
    private func hasThread() -> Bool {
        state.withLock { state in
            if !state.isRunning { state.isRunning = start() }
            return state.isRunning
        }
    }

    private func start() -> Bool {
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(self)
        guard pthread_create(&thread, nil, runHTTPLoop, retained.toOpaque()) == 0 else {
            retained.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}

/// The thread's entry. All signals are blocked: OpenSSL writes without MSG_NOSIGNAL, and a SIGPIPE would end the process.
private func runHTTPLoop(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    guard let pointer else { return nil }
    let core = Unmanaged<HTTPLoopCore>.fromOpaque(pointer).takeRetainedValue()
    if let multi = core.multi { HTTPLoopThread(core: core, multi: multi).run() }
    return nil
}
