import Synchronization

/// Counts what the connections of a pool sent and waited for.
final class RoundTrips: Sendable {
    private let count = Atomic<Int>(0)

    var total: Int { count.load(ordering: .relaxed) }

    func add() { count.wrappingAdd(1, ordering: .relaxed) }
}
