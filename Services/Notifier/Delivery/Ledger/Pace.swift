package import Models

/// How fast a provider takes messages.
package struct Pace: Sendable, Hashable {
    package let perMinute: Int
    /// Messages that may go at once after a quiet time.
    package let burst: Int

    package init(perMinute: Int, burst: Int) {
        self.perMinute = perMinute
        self.burst = burst
    }
}

/// Keeps one channel to its pace: hands out the times at which messages may go (generic cell rate algorithm, ITU-T I.371).
package struct PaceKeeper: Sendable {
    private let interval: Int64
    private let tolerance: Int64
    /// When the channel would be back to a full burst.
    private var restedAt = Timestamp(microseconds: .min / 2)

    package init(_ pace: Pace) {
        interval = 60_000_000 / Int64(max(1, pace.perMinute))
        tolerance = interval * Int64(max(1, pace.burst) - 1)
    }

    /// Takes the next free place.
    /// - Returns: when the message may go, `now` or later.
    package mutating func reserve(now: Timestamp) -> Timestamp {
        let start = max(restedAt.microseconds, now.microseconds)
        restedAt = Timestamp(microseconds: start + interval)
        return Timestamp(microseconds: max(now.microseconds, start - tolerance))
    }
}
