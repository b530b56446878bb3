import ServiceKit
import ServiceLifecycle

/// Looks at the spool some times a second: deadlines of requests, the age of what waits, gauges. Never waits for the disk, which may hang.
struct SpoolWatch: Service, CustomStringConvertible {
    private static let intervalMilliseconds = 250

    let spool: Spool

    var description: String { "spool-watch" }

    func run() async throws {
        while await pause(milliseconds: Self.intervalMilliseconds) {
            spool.tick()
            spool.metrics.show(spool.course, limits: spool.limits, now: spool.clock())
        }
    }
}
