import CLibcurl
import Synchronization

/// The loop's side of the thread: begins what waits, lets libcurl work, hands out what has ended. Nothing here is touched by another thread.
final class HTTPLoopThread {
    /// How long nothing may happen before the thread looks around; whatever matters wakes it.
    private static let longestWaitMilliseconds = 1000

    private struct Active {
        let transfer: HTTPTransfer
        let job: HTTPLoopJob
    }

    private let core: HTTPLoopCore
    private let multi: CurlMulti
    private var active: [UnsafeMutableRawPointer: Active] = [:]
    private var free: [CurlHandle] = []

    init(core: HTTPLoopCore, multi: CurlMulti) {
        self.core = core
        self.multi = multi
    }

    /// Returns when the loop is closed and nothing is under way.
    func run() {
        while let intake = take() {
            for job in intake.begin { begin(job) }
            for job in intake.expired { job.finish(.failure(.noPlaceInTime)) }
            if intake.mustSweep { sweep() }
            multi.perform()
            while let (handle, result) = multi.nextDone() { end(handle, result) }
            // A place that came free is taken before the next wait.
            if intake.areMoreWaiting && active.count < core.maxConcurrent { continue }
            multi.wait(milliseconds: waitMilliseconds(intake))
        }
    }

    private struct Intake {
        var begin: [HTTPLoopJob] = []
        var expired: [HTTPLoopJob] = []
        var mustSweep = false
        var areMoreWaiting = false
        /// When the first of those that wait on has waited too long.
        var nextDeadline: ContinuousClock.Instant?
    }

    /// nil at the end.
    private func take() -> Intake? {
        let room = core.maxConcurrent - active.count
        let isIdle = active.isEmpty
        return core.state.withLock { state in
            if state.isClosed, isIdle, state.waiting.isEmpty {
                state.isRunning = false
                return nil
            }
            var intake = Intake(mustSweep: state.mustSweep)
            state.mustSweep = false
            guard !state.waiting.isEmpty else { return intake }
            intake.begin = Array(state.waiting.prefix(room))
            state.waiting.removeFirst(intake.begin.count)
            let now = ContinuousClock.now
            intake.expired = state.waiting.filter { $0.deadline <= now }
            if !intake.expired.isEmpty { state.waiting.removeAll { $0.deadline <= now } }
            intake.areMoreWaiting = !state.waiting.isEmpty
            intake.nextDeadline = state.waiting.map(\.deadline).min()
            return intake
        }
    }

    private func waitMilliseconds(_ intake: Intake) -> Int {
        guard let deadline = intake.nextDeadline else { return Self.longestWaitMilliseconds }
        let left = Int((deadline - .now) / .milliseconds(1)) + 1
        return min(max(0, left), Self.longestWaitMilliseconds)
    }

    private func begin(_ job: HTTPLoopJob) {
        if job.cancellation.isCancelled { return job.finish(.failure(.cancelledBeforeStart)) }
        let left = Int((job.deadline - .now) / .milliseconds(1))
        guard left > 0 else { return job.finish(.failure(.noPlaceInTime)) }
        guard let handle = free.popLast() ?? CurlHandle() else { return job.finish(.failure(.noHandle)) }
        switch job.job.prepare(handle, timeoutMilliseconds: left, cancellation: job.cancellation) {
        case .failure(let error):
            free.append(handle)
            job.finish(.failure(error))
        case .success(let transfer):
            guard multi.add(handle) else { return job.finish(.failure(.noHandle)) }
            active[handle.handle] = Active(transfer: transfer, job: job)
        }
    }

    private func end(_ pointer: UnsafeMutableRawPointer, _ result: CURLcode) {
        guard let ended = active.removeValue(forKey: pointer) else { return }
        multi.remove(ended.transfer.handle)
        let answer = ended.transfer.end(result)
        free.append(ended.transfer.handle)
        ended.job.finish(answer)
    }

    /// Ends what was cancelled; libcurl itself would ask only once a second.
    private func sweep() {
        for (pointer, entry) in active where entry.job.cancellation.isCancelled { end(pointer, CURLE_ABORTED_BY_CALLBACK) }
    }
}
