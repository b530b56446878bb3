import Logging
import Metrics
package import Models
import ServiceLifecycle

/// Runs a pass over the rows that are due, again and again: at once while there is work, else after a pause or a hint. Errors slow it
/// down and are logged once per streak; they never end it.
package struct DueRowLoop: Service, CustomStringConvertible {
    /// One pass: claim, act, commit.
    /// - Returns: the rows handled; more than 0 asks for another pass at once.
    package typealias Pass = @Sendable (_ now: Timestamp) async throws -> Int

    private let name: String
    private let runtime: Runtime
    private let idleMilliseconds: Int
    private let wakeup: Wakeup
    private let pass: Pass
    private let rows: Counter
    private let errors: Counter
    private let seconds: Metrics.Timer

    package init(
        name: String, runtime: Runtime, idleMilliseconds: Int = 500, wakeup: Wakeup? = nil, pass: @escaping Pass
    ) {
        self.name = name
        self.runtime = runtime
        self.idleMilliseconds = idleMilliseconds
        self.wakeup = wakeup ?? Wakeup()
        self.pass = pass
        rows = KitMetrics.loopRows.counter([("loop", name)])
        errors = KitMetrics.loopErrors.counter([("loop", name)])
        seconds = KitMetrics.loopSeconds.timer([("loop", name)])
    }

    package var description: String { name }

    package func run() async throws {
        var backoff = Backoff()
        while await pause(.zero) {
            do {
                let handled = try await timedPass()
                recovered(&backoff)
                if handled == 0 { await idle() }
            } catch {
                let milliseconds = failed(error, &backoff)
                guard await pause(milliseconds: milliseconds) else { return }
            }
        }
    }

    private func timedPass() async throws -> Int {
        let start = ContinuousClock.now
        let handled = try await pass(runtime.clock())
        if handled > 0 {
            rows.increment(by: handled)
            seconds.record(duration: start.duration(to: .now))
        }
        return handled
    }

    private func idle() async {
        await cancelWhenGracefulShutdown { await wakeup.wait(milliseconds: idleMilliseconds) }
    }

    private func recovered(_ backoff: inout Backoff) {
        guard backoff.failures > 0 else { return }
        runtime.logger.notice("loop goes on", metadata: ["loop.name": "\(name)", "loop.failures": "\(backoff.failures)"])
        backoff.succeeded()
    }

    private func failed(_ error: any Error, _ backoff: inout Backoff) -> Int {
        // Cut off by the shutdown: not a failure of the work.
        if error is CancellationError { return 0 }
        errors.increment()
        if backoff.failures == 0 {
            runtime.logger.warning("loop failed, trying again", metadata: ["loop.name": "\(name)", "error": "\(error)"])
        }
        return backoff.failed()
    }
}
