package import Models
import Synchronization

/// A token bucket for each of many keys, in bounded memory: one noisy key is slowed down and the others are not.
package final class BucketTable<Key: Hashable & Sendable>: Sendable {
    private struct State {
        var buckets: [Key: TokenBucket] = [:]
        /// For all the keys that find the table full.
        var shared: TokenBucket?
        var sweptAt: Timestamp?
    }

    private let perSecond: Double
    private let burst: Double
    private let most: Int
    private let state = Mutex(State())

    /// - Parameter most: keys told apart; while so many are under way, further ones share one bucket.
    package init(perSecond: Int, burst: Int, most: Int = 10_000) {
        self.perSecond = Double(perSecond)
        self.burst = Double(burst)
        self.most = most
    }

    package var count: Int { state.withLock { $0.buckets.count } }

    /// Takes one token.
    /// - Returns: nil when there was one, else the seconds to wait.
    package func secondsToWait(_ key: Key, now: Timestamp) -> Int? {
        state.withLock { state in
            var bucket = bucket(key, &state, now)
            let passes = bucket.take(now: now)
            put(bucket, key, &state, now)
            return passes ? nil : bucket.secondsUntil(now: now)
        }
    }

    /// As `secondsToWait`, without taking a token.
    package func secondsToWaitUntouched(_ key: Key, now: Timestamp) -> Int? {
        state.withLock { state in
            let seconds = bucket(key, &state, now).secondsUntil(now: now)
            return seconds == 0 ? nil : seconds
        }
    }

    /// Tokens left, whole ones.
    package func left(_ key: Key, now: Timestamp) -> Int { state.withLock { Int(bucket(key, &$0, now).available(now)) } }

    /// Forgets the keys that are no longer there.
    package func keep(_ keys: Set<Key>) { state.withLock { $0.buckets = $0.buckets.filter { keys.contains($0.key) } } }

    private func bucket(_ key: Key, _ state: inout State, _ now: Timestamp) -> TokenBucket {
        if let bucket = state.buckets[key] { return bucket }
        let full = TokenBucket(capacity: burst, perSecond: perSecond, now: now)
        if state.buckets.count >= most { sweep(&state, now) }
        return state.buckets.count < most ? full : state.shared ?? full
    }

    private func put(_ bucket: TokenBucket, _ key: Key, _ state: inout State, _ now: Timestamp) {
        if state.buckets[key] != nil || state.buckets.count < most { state.buckets[key] = bucket } else { state.shared = bucket }
    }

    /// Drops the buckets that are full again, and so as good as new. At most once a second: a flood of new keys must not pay for it
    /// every time.
    private func sweep(_ state: inout State, _ now: Timestamp) {
        if let sweptAt = state.sweptAt, abs(now.seconds(since: sweptAt)) < 1 { return }
        state.sweptAt = now
        state.buckets = state.buckets.filter { $0.value.available(now) < burst }
    }
}
