import Models
import ServiceKit
import Synchronization

/// One token bucket a key, so that a noisy sender is slowed down and the others are not.
final class KeyLimits: Sendable {
    private let perSecond: Double
    private let burst: Double
    private let buckets = Mutex<[KeyID: TokenBucket]>([:])

    init(perSecond: Int, burst: Int) {
        self.perSecond = Double(perSecond)
        self.burst = Double(burst)
    }

    /// - Returns: nil when the request may pass, else the seconds to wait.
    func secondsToWait(_ key: KeyID, now: Timestamp) -> Int? {
        buckets.withLock { buckets in
            var bucket = buckets[key] ?? TokenBucket(capacity: burst, perSecond: perSecond, now: now)
            let passes = bucket.take(now: now)
            buckets[key] = bucket
            return passes ? nil : bucket.secondsUntil(now: now)
        }
    }

    /// Forgets the keys that are no longer there.
    func keep(_ keys: Set<KeyID>) { buckets.withLock { $0 = $0.filter { keys.contains($0.key) } } }
}
