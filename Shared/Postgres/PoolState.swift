/// What a caller gets from a pool.
enum PoolGrant<Connection> {
    /// An open connection, to be checked before use.
    case connection(Connection)
    /// The right to open one.
    case permit
}

extension PoolGrant: Sendable where Connection: Sendable {}

/// Who holds which connection and who waits, as a value: it decides, ``PostgresPool`` acts.
///
/// A permit is the right to hold one connection. There are `limit` of them; one is taken by every connection that is idle, lent, or
/// being opened. Whoever is granted a permit opens the connection itself.
struct PoolState<Connection, Waiter> {
    typealias Grant = PoolGrant<Connection>

    enum Acquisition {
        case granted(Grant)
        /// The waiter was queued and will be granted, refused or expire.
        case queued
        case closed
    }

    /// What to do with what came back.
    enum Handover {
        case grant(Waiter, Grant)
        case close(Connection)
        case nothing
    }

    let limit: Int
    /// Idle connections; the one used last is used next, so that the pool can be warm and small.
    private(set) var idle: [Connection] = []
    /// Permits taken.
    private(set) var open = 0
    /// First come, first served; the key is the order of arrival.
    private(set) var waiters: [(id: UInt64, waiter: Waiter)] = []
    private(set) var isClosed = false

    init(limit: Int) { self.limit = limit }

    /// Takes an idle connection or a free permit, else queues. Those who wait already go first.
    mutating func acquire(id: UInt64, waiter: @autoclosure () -> Waiter) -> Acquisition {
        if isClosed { return .closed }
        if let connection = idle.popLast() { return .granted(.connection(connection)) }
        if open < limit {
            open += 1
            return .granted(.permit)
        }
        waiters.append((id, waiter()))
        return .queued
    }

    /// A good connection comes back.
    mutating func release(_ connection: Connection) -> Handover {
        if isClosed {
            open -= 1
            return .close(connection)
        }
        if let next = nextWaiter() { return .grant(next, .connection(connection)) }
        idle.append(connection)
        return .nothing
    }

    /// A permit comes back without a connection: it was lost, or could not be opened.
    mutating func releasePermit() -> Handover {
        if !isClosed, let next = nextWaiter() { return .grant(next, .permit) }
        open -= 1
        return .nothing
    }

    /// Takes a waiter that gave up out of the queue; nil where it was served already.
    mutating func remove(id: UInt64) -> Waiter? {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return nil }
        return waiters.remove(at: index).waiter
    }

    /// Refuses everybody from now on. Lent connections are closed as they come back.
    mutating func close() -> (idle: [Connection], waiters: [Waiter]) {
        isClosed = true
        defer {
            open -= idle.count
            idle = []
            waiters = []
        }
        return (idle, waiters.map(\.waiter))
    }

    private mutating func nextWaiter() -> Waiter? {
        waiters.isEmpty ? nil : waiters.removeFirst().waiter
    }
}
