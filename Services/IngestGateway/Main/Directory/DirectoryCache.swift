import Models
import Synchronization

/// The directory last read, for all requests. Stays as it is while PostgreSQL is away.
final class DirectoryCache: Sendable {
    private let state = Mutex<(directory: SenderDirectory, loadedAt: Timestamp)?>(nil)

    /// nil before the first reading.
    var current: SenderDirectory? { state.withLock { $0?.directory } }

    var loadedAt: Timestamp? { state.withLock { $0?.loadedAt } }

    func replace(_ directory: SenderDirectory, at now: Timestamp) { state.withLock { $0 = (directory, now) } }
}
