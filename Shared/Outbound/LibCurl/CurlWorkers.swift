import Glibc
import Synchronization

/// Set by the cancelled task, read by the thread of the transfer.
final class CancellationFlag: Sendable {
    private let flag = Atomic(false)
    var isCancelled: Bool { flag.load(ordering: .acquiring) }
    func cancel() { flag.store(true, ordering: .releasing) }
}

/// A bounded set of own threads for blocking transfers, so that none blocks the cooperative pool. Jobs wait in the order of their
/// calls; each waiting job is a suspended caller, so the callers bound the queue.
final class CurlWorkers: Sendable {
    private let queue: JobQueue

    init(maxThreads: Int) { queue = JobQueue(maxThreads: max(1, maxThreads)) }

    /// Jobs that wait for a thread.
    var waitingJobs: Int { queue.waitingJobs }

    /// Threads end after their current job; nothing may be waiting (each waiting caller keeps the owner alive).
    func close() { queue.close() }

    /// Runs `work` on one of the threads. The time spent waiting counts: `work` gets what is left of the time-out.
    func run<Answer: Sendable>(
        timeoutMilliseconds: Int,
        _ work: @escaping @Sendable (CurlHandle, Int, CancellationFlag) -> Result<Answer, OutboundError>
    ) async -> Result<Answer, OutboundError> {
        let cancellation = CancellationFlag()
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(timeoutMilliseconds))
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let job = Job(cancellation: cancellation) { handle in
                    guard let handle else { return continuation.resume(returning: .failure(.noHandle)) }
                    continuation.resume(returning: Self.start(work, handle, deadline, cancellation))
                } abandon: {
                    continuation.resume(returning: .failure(.cancelledBeforeStart))
                }
                queue.add(job)
            }
        } onCancel: {
            cancellation.cancel()
            queue.dropCancelled()
        }
    }

    private static func start<Answer>(
        _ work: (CurlHandle, Int, CancellationFlag) -> Result<Answer, OutboundError>, _ handle: CurlHandle,
        _ deadline: ContinuousClock.Instant, _ cancellation: CancellationFlag
    ) -> Result<Answer, OutboundError> {
        if cancellation.isCancelled { return .failure(.cancelledBeforeStart) }
        let left = Int((deadline - .now) / .milliseconds(1))
        return left > 0 ? work(handle, left, cancellation) : .failure(.noThreadInTime)
    }
}

/// One piece of work; exactly one of the two closures is called, once.
private struct Job: Sendable {
    let cancellation: CancellationFlag
    let perform: @Sendable (CurlHandle?) -> Void
    let abandon: @Sendable () -> Void

    init(
        cancellation: CancellationFlag, perform: @escaping @Sendable (CurlHandle?) -> Void, abandon: @escaping @Sendable () -> Void
    ) {
        self.cancellation = cancellation
        self.perform = perform
        self.abandon = abandon
    }
}

/// The waiting jobs and the threads that take them.
///
/// `@unchecked Sendable`: every stored property but `wakeUp` and `lock` is touched only between lock and unlock, and those two are
/// POSIX objects at a fixed heap address for the life of this object.
private final class JobQueue: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let maxThreads: Int
    private var waiting: [Job] = []
    private var threads = 0
    private var idleThreads = 0
    private var isClosed = false

    init(maxThreads: Int) {
        self.maxThreads = maxThreads
        pthread_mutex_init(lock, nil)
        pthread_cond_init(wakeUp, nil)
    }

    deinit {
        pthread_cond_destroy(wakeUp)
        pthread_mutex_destroy(lock)
        wakeUp.deallocate()
        lock.deallocate()
    }

    private func locked<R>(_ body: () -> R) -> R {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body()
    }

    func add(_ job: Job) {
        let isTaken = locked {
            // The flag is set before `dropCancelled` takes the lock: a job is either seen here or found there.
            guard !job.cancellation.isCancelled else { return false }
            waiting.append(job)
            if idleThreads < waiting.count, threads < maxThreads, startThread() { threads += 1 }
            guard threads > 0 else {
                waiting.removeLast()
                return false
            }
            pthread_cond_signal(wakeUp)
            return true
        }
        guard !isTaken else { return }
        if job.cancellation.isCancelled { job.abandon() } else { job.perform(nil) }
    }

    var waitingJobs: Int { locked { waiting.count } }

    func dropCancelled() {
        let dropped = locked {
            let cancelled = waiting.filter(\.cancellation.isCancelled)
            waiting.removeAll(where: \.cancellation.isCancelled)
            return cancelled
        }
        for job in dropped { job.abandon() }
    }

    func close() {
        locked {
            isClosed = true
            pthread_cond_broadcast(wakeUp)
        }
    }

    /// The next job, or nil when the thread shall end.
    private func next() -> Job? {
        locked {
            while waiting.isEmpty, !isClosed {
                idleThreads += 1
                pthread_cond_wait(wakeUp, lock)
                idleThreads -= 1
            }
            return waiting.isEmpty ? nil : waiting.removeFirst()
        }
    }

    fileprivate func work() {
        let handle = CurlHandle()
        while let job = next() { job.perform(handle) }
    }

    private func startThread() -> Bool {
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(self)
        guard pthread_create(&thread, nil, runWorker, retained.toOpaque()) == 0 else {
            retained.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}

/// The thread's entry. All signals are blocked: OpenSSL writes without MSG_NOSIGNAL, and a SIGPIPE would end the process.
private func runWorker(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    guard let pointer else { return nil }
    Unmanaged<JobQueue>.fromOpaque(pointer).takeRetainedValue().work()
    return nil
}
