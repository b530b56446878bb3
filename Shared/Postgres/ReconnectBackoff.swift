/// When a pool may try to connect again after it failed to.
struct ReconnectBackoff: Sendable {
    static let firstMilliseconds = 50
    static let longestMilliseconds = 2000

    /// Failures since the last success.
    private(set) var failures = 0
    private var notBefore: ContinuousClock.Instant?

    /// How long to wait before the next attempt.
    func delay(now: ContinuousClock.Instant) -> Duration {
        guard let notBefore, notBefore > now else { return .zero }
        return now.duration(to: notBefore)
    }

    /// Doubles the wait; `jitter` in 0..<1 takes up to half of it away, so that replicas do not come back in step.
    mutating func failed(now: ContinuousClock.Instant, jitter: Double) {
        let full = min(Self.longestMilliseconds, Self.firstMilliseconds << min(failures, 10))
        failures += 1
        notBefore = now.advanced(by: .milliseconds(Int(Double(full) * (1 - jitter / 2))))
    }

    mutating func succeeded() {
        failures = 0
        notBefore = nil
    }
}
