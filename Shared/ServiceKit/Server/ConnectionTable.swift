import NIOCore
import Synchronization

/// One connection of a server, as its limits see it.
final class ServerConnection: Sendable {
    let address: ClientAddress?
    /// Closes it; may be called from anywhere, and after it is closed.
    let close: @Sendable () -> Void
    /// Since when it has had no whole request in hand, in nanoseconds of the monotonic clock; 0 while it has one.
    private let waitingSince: Atomic<UInt64>

    init(address: ClientAddress?, now: NIODeadline, close: @escaping @Sendable () -> Void) {
        self.address = address
        self.close = close
        waitingSince = Atomic(now.uptimeNanoseconds)
    }

    /// nil while there is a whole request in hand.
    var waits: UInt64? {
        let since = waitingSince.load(ordering: .relaxed)
        return since == 0 ? nil : since
    }

    func startWaiting(_ now: NIODeadline) { waitingSince.store(max(1, now.uptimeNanoseconds), ordering: .relaxed) }

    func startWorking() { waitingSince.store(0, ordering: .relaxed) }
}

/// The open connections of one server. A client address may have only so many of them; when all are taken, the one that has waited
/// longest for a request makes room, so that whoever opens connections and sends nothing keeps nobody out.
final class ConnectionTable: Sendable {
    enum Admission {
        /// `evicted` is to be closed.
        case admitted(evicted: ServerConnection?)
        /// Its address has as many as it may have.
        case tooManyOfAddress
        /// Every connection has a request in hand.
        case full
    }

    /// Of so many connections, taken at random, the one that has waited longest is closed: near enough to the longest of all, at a cost
    /// that does not grow with the table.
    private static let sample = 24

    private struct State {
        var connections: [ServerConnection] = []
        /// Where each one stands in `connections`.
        var places: [ObjectIdentifier: Int] = [:]
        var perAddress: [ClientAddress: Int] = [:]
    }

    private let most: Int
    private let mostPerAddress: Int
    private let changed: @Sendable (_ count: Int) -> Void
    private let state = Mutex(State())

    /// - Parameter mostPerAddress: 0: no limit but the one of all.
    /// - Parameter changed: told the number of connections when it changes; must be quick.
    init(most: Int, mostPerAddress: Int, changed: @escaping @Sendable (_ count: Int) -> Void = { _ in }) {
        self.most = most
        self.changed = changed
        self.mostPerAddress = mostPerAddress == 0 ? .max : mostPerAddress
    }

    var count: Int { state.withLock { $0.connections.count } }

    /// Takes the connection in unless a limit forbids it. An admitted one must `leave`, an evicted one needs not.
    func admit(_ connection: ServerConnection) -> Admission {
        state.withLock { state in
            if let address = connection.address, state.perAddress[address, default: 0] >= mostPerAddress { return .tooManyOfAddress }
            var evicted: ServerConnection?
            if state.connections.count >= most {
                guard let victim = Self.longestWaiting(state.connections) else { return .full }
                Self.remove(victim, from: &state)
                evicted = victim
            }
            state.places[ObjectIdentifier(connection)] = state.connections.count
            state.connections.append(connection)
            if let address = connection.address { state.perAddress[address, default: 0] += 1 }
            changed(state.connections.count)
            return .admitted(evicted: evicted)
        }
    }

    /// Does nothing for a connection that is not in the table.
    func leave(_ connection: ServerConnection) {
        state.withLock { state in
            Self.remove(connection, from: &state)
            changed(state.connections.count)
        }
    }

    private static func longestWaiting(_ connections: [ServerConnection]) -> ServerConnection? {
        var best: (connection: ServerConnection, since: UInt64)?
        // Draws could miss the only one that waits: a small table is looked through.
        let isSmall = connections.count <= sample
        for number in 0..<min(sample, connections.count) {
            let candidate = isSmall ? connections[number] : connections[Int.random(in: 0..<connections.count)]
            guard let since = candidate.waits else { continue }
            if since < best?.since ?? .max { best = (candidate, since) }
        }
        return best?.connection
    }

    private static func remove(_ connection: ServerConnection, from state: inout State) {
        guard let place = state.places.removeValue(forKey: ObjectIdentifier(connection)) else { return }
        let last = state.connections.removeLast()
        if last !== connection {
            state.connections[place] = last
            state.places[ObjectIdentifier(last)] = place
        }
        guard let address = connection.address, let count = state.perAddress[address] else { return }
        state.perAddress[address] = count > 1 ? count - 1 : nil
    }
}
