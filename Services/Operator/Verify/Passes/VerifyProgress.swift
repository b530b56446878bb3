import Synchronization

/// Tells a person at a terminal how far the run is: a line that is written over, and one that stays for each step done.
final class VerifyProgress: Sendable {
    private struct State {
        var step = ""
        var count = 0
        var startedAt = ContinuousClock.now
        var shownAt: ContinuousClock.Instant?
    }

    private static let interval = Duration.milliseconds(200)

    private let output: Output?
    private let state = Mutex(State())

    /// - Parameter output: nil: nobody watches.
    init(_ output: Output?) { self.output = output }

    func begin(_ step: String) {
        state.withLock { $0 = State(step: step) }
        output?.show(progress: "\(step) …")
    }

    func add(_ count: Int) {
        let line = state.withLock { state -> String? in
            state.count += count
            if let shownAt = state.shownAt, shownAt.duration(to: .now) < Self.interval { return nil }
            state.shownAt = .now
            return "\(state.step) … \(state.count)"
        }
        if let line { output?.show(progress: line) }
    }

    func end() {
        let (step, count, seconds) = state.withLock { ($0.step, $0.count, $0.startedAt.duration(to: .now)) }
        output?.show(progress: "\(step): \(count) in \(seconds.formatted)\n")
    }
}

extension Duration {
    /// `1.2 s`
    fileprivate var formatted: String {
        let tenths = components.seconds * 10 + components.attoseconds / 100_000_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
