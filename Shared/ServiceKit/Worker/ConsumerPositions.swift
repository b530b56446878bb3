import Kafka
import Postgres
import Synchronization

/// What this process believes the offset rows of its partitions to be, since the last assignment.
final class ConsumerPositions: Sendable {
    private struct State {
        var clusterID = ""
        var stored: [TopicPartition: StoredOffset] = [:]
    }

    private let group: String
    private let owner: String
    private let pool: PostgresPool
    private let otherBroker: @Sendable (TopicPartition, _ lostPosition: Int64) -> Void
    private let state = Mutex(State())

    /// - Parameter otherBroker: told when a stored offset belongs to another cluster and is therefore given up.
    init(
        group: String, owner: String, pool: PostgresPool, otherBroker: @escaping @Sendable (TopicPartition, Int64) -> Void
    ) {
        self.group = group
        self.owner = owner
        self.pool = pool
        self.otherBroker = otherBroker
    }

    /// Where to start after an assignment: at the rows of PostgreSQL; at the beginning of the log where there is none, or where the row
    /// was written for another cluster, whose offsets mean nothing here.
    func load(_ assigned: [TopicPartition], clusterID: String?) async throws -> [TopicPartition: StartPosition] {
        let stored = try await OffsetAdvance.read(group: group, assigned, pool)
        state.withLock {
            $0.clusterID = clusterID ?? stored.values.first?.clusterID ?? ""
            $0.stored = stored
        }
        for (partition, offset) in stored where Self.isOfOtherBroker(offset, clusterID) { otherBroker(partition, offset.next) }
        return Self.startPositions(assigned, stored, clusterID: clusterID)
    }

    static func startPositions(
        _ assigned: [TopicPartition], _ stored: [TopicPartition: StoredOffset], clusterID: String?
    ) -> [TopicPartition: StartPosition] {
        let pairs = assigned.map { partition -> (TopicPartition, StartPosition) in
            guard let offset = stored[partition], !isOfOtherBroker(offset, clusterID) else { return (partition, .earliest) }
            return (partition, .offset(offset.next))
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// An unknown id proves nothing.
    private static func isOfOtherBroker(_ offset: StoredOffset, _ clusterID: String?) -> Bool {
        guard let clusterID, !clusterID.isEmpty, !offset.clusterID.isEmpty else { return false }
        return offset.clusterID != clusterID
    }

    /// The step that finishing these records means.
    func advance(to next: [TopicPartition: Int64]) -> OffsetAdvance {
        let state = state.withLock { $0 }
        let steps = next.sorted { $0.key < $1.key }.map {
            OffsetAdvance.Step(partition: $0.key, expected: state.stored[$0.key], next: $0.value)
        }
        return OffsetAdvance(group: group, owner: owner, clusterID: state.clusterID, steps: steps)
    }

    /// Asks the database how far that step has come.
    func verify(_ advance: OffsetAdvance) async throws -> OffsetAdvance.Found {
        advance.compare(try await OffsetAdvance.read(group: group, advance.steps.map(\.partition), pool))
    }

    func committed(_ advance: OffsetAdvance) {
        state.withLock {
            for step in advance.steps { $0.stored[step.partition] = StoredOffset(clusterID: advance.clusterID, next: step.next) }
        }
    }

    /// Cluster that the positions belong to; empty where no broker has told.
    var clusterID: String { state.withLock { $0.clusterID } }
}
