import Dispatch
import Glibc
import Synchronization

/// One OS thread that runs the jobs given to it in order: where blocking calls of librdkafka go, never the cooperative pool.
final class WorkerThread: Sendable {
    private struct Jobs {
        var waiting: [@Sendable () -> Void] = []
        var isStopped = false
    }

    private let jobs = Mutex(Jobs())
    private let wake = DispatchSemaphore(value: 0)

    /// Starts the thread.
    init() throws(KafkaError) {
        var thread = pthread_t()
        // Retained for the thread, which takes the reference over; given back below when there is no thread.
        let opaque = Unmanaged.passRetained(self)
        let status = pthread_create(&thread, nil, workerThreadMain, opaque.toOpaque())
        guard status == 0 else {
            opaque.release()
            throw .threadRefused(status)
        }
        pthread_detach(thread)
    }

    /// Queues a job. False after `stop`: the job is dropped.
    @discardableResult
    func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = jobs.withLock { jobs in
            guard !jobs.isStopped else { return false }
            jobs.waiting.append(job)
            return true
        }
        if isTaken { wake.signal() }
        return isTaken
    }

    /// Runs `body` on the thread and waits for its result; nil after `stop`.
    func perform<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result? {
        await withCheckedContinuation { continuation in
            if !submit({ continuation.resume(returning: body()) }) { continuation.resume(returning: nil) }
        }
    }

    /// Blocks the calling thread: for threads and queues of ours only.
    static func pause(milliseconds: Int) { usleep(UInt32(clamping: milliseconds * 1000)) }

    /// Ends the thread after the jobs that are already queued.
    func stop() {
        jobs.withLock { $0.isStopped = true }
        wake.signal()
    }

    fileprivate func run() {
        while true {
            wake.wait()
            let (job, isStopped) = jobs.withLock { jobs in
                (jobs.waiting.isEmpty ? nil : jobs.waiting.removeFirst(), jobs.isStopped)
            }
            if let job { job() } else if isStopped { return }
        }
    }
}

private func workerThreadMain(_ opaque: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let opaque else { return nil }
    Unmanaged<WorkerThread>.fromOpaque(opaque).takeRetainedValue().run()
    return nil
}
