import Models
import Synchronization
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(10))) struct DueRowLoopTests {
    private struct Trouble: Error {}

    @Test("runs again at once while there is work, then waits for the hint")
    func hints() async throws {
        try await Harness.run { harness in
            let passes = Mutex(0)
            let wakeup = Wakeup()
            let loop = DueRowLoop(name: "test", runtime: harness.runtime, idleMilliseconds: 600_000, wakeup: wakeup) { _ in
                passes.withLock {
                    $0 += 1; return $0 < 5 ? 1 : 0
                }
            }
            try await harness.serving(loop) {
                try await eventually("five passes") { passes.withLock { $0 } == 5 }
                wakeup.wake()
                try await eventually("a sixth") { passes.withLock { $0 } == 6 }
            }
            #expect(passes.withLock { $0 } == 6)
        }
    }

    @Test("backs off exponentially on errors and recovers")
    func backsOff() async throws {
        try await Harness.run { harness in
            let times = Mutex<[ContinuousClock.Instant]>([])
            let loop = DueRowLoop(name: "test", runtime: harness.runtime, idleMilliseconds: 600_000) { _ in
                let count = times.withLock {
                    $0.append(.now); return $0.count
                }
                if count <= 5 { throw Trouble() }
                return 0
            }
            try await harness.serving(loop) {
                try await eventually("recovered") { times.withLock { $0.count } == 6 }
            }
            let instants = times.withLock { $0 }
            let gaps = zip(instants, instants.dropFirst()).map { $0.duration(to: $1) }
            // Steps of 100, 200, 400, 800, 1600 ms; at least half of each is waited.
            for (gap, least) in zip(gaps, [50, 100, 200, 400, 800]) { #expect(gap >= .milliseconds(least)) }
        }
    }
}
