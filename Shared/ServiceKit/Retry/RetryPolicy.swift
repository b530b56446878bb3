package import Models

/// When a failed attempt is tried again, and when it is given up. Pure: the clock and the dice are arguments.
package struct RetryPolicy: Sendable, Hashable {
    /// Part of the delay that the jitter may add, so that what failed together does not come back together.
    package static let jitterShare = 0.2
    /// A `Retry-After` beyond a day is a mistake or an attack; it is cut to a day.
    package static let longestRetryAfterSeconds = 86_400

    /// Seconds between one attempt and the next; one entry fewer than there are attempts.
    package let delays: [Int]

    package init(delays: [Int]) { self.delays = delays }

    /// Ten attempts over 24.7 hours: 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 3 h, 8 h, 12 h.
    package static let delivery = RetryPolicy(delays: [5, 30, 120, 600, 1800, 3600, 10_800, 28_800, 43_200])

    /// Attempts in all, the first one included.
    package var maxAttempts: Int { delays.count + 1 }

    /// Seconds from the first attempt to the last, without jitter.
    package var totalSeconds: Int { delays.reduce(0, +) }

    /// - Parameters:
    ///   - attempt: how many attempts have been made, from 1.
    ///   - retryAfterSeconds: what the other side asked for; never undercut, at most a day.
    ///   - jitter: 0..<1; adds up to a fifth of the delay, and never shortens it.
    /// - Returns: the time of the next attempt; nil when there is none left.
    package func nextAttempt(after attempt: Int, now: Timestamp, retryAfterSeconds: Int?, jitter: Double) -> Timestamp? {
        guard attempt <= delays.count else { return nil }
        let asked = min(max(retryAfterSeconds ?? 0, 0), Self.longestRetryAfterSeconds)
        let seconds = Double(max(delays[max(attempt, 1) - 1], asked))
        let spread = seconds * Self.jitterShare * min(max(jitter, 0), 1)
        return now.adding(milliseconds: Int64((seconds + spread) * 1000))
    }
}
