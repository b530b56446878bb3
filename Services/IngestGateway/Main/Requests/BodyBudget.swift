import Synchronization

/// Bounds the bytes of all bodies in memory, whatever the number of connections.
final class BodyBudget: Sendable {
    private let limit: Int
    private let used = Mutex(0)

    init(bytes: Int) { limit = bytes }

    /// - Returns: false when there is no room; else `release` must follow.
    func reserve(_ bytes: Int) -> Bool {
        used.withLock { used in
            guard used + bytes <= limit else { return false }
            used += bytes
            return true
        }
    }

    func release(_ bytes: Int) { used.withLock { $0 -= bytes } }
}
