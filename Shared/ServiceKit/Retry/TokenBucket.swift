package import Models

/// A rate limit: `capacity` at once, refilled by `perSecond`. Pure: `now` is an argument, and time running backwards adds nothing.
package struct TokenBucket: Sendable, Hashable {
    package let capacity: Double
    package let perSecond: Double
    private var tokens: Double
    private var updatedAt: Timestamp

    /// A full bucket.
    package init(capacity: Double, perSecond: Double, now: Timestamp) {
        self.capacity = capacity
        self.perSecond = perSecond
        tokens = capacity
        updatedAt = now
    }

    /// Takes `count` tokens if they are there, else none.
    package mutating func take(_ count: Double = 1, now: Timestamp) -> Bool {
        refill(now)
        guard tokens >= count else { return false }
        tokens -= count
        return true
    }

    /// Tokens there at `now`.
    package func available(_ now: Timestamp) -> Double {
        min(capacity, tokens + max(0, now.seconds(since: updatedAt)) * perSecond)
    }

    /// Whole seconds until `count` tokens are there, rounded up: the value of a `Retry-After`. At least 1 when they are not.
    package func secondsUntil(_ count: Double = 1, now: Timestamp) -> Int {
        let missing = count - available(now)
        guard missing > 0 else { return 0 }
        guard perSecond > 0, count <= capacity else { return .max }
        return max(1, Int((missing / perSecond).rounded(.up)))
    }

    private mutating func refill(_ now: Timestamp) {
        tokens = available(now)
        updatedAt = max(updatedAt, now)
    }
}
