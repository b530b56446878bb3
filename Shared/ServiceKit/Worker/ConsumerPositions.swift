import Kafka
import Postgres
import Synchronization

/// What this process believes the offset rows of its partitions to be, since the last assignment.
final class ConsumerPositions: Sendable {
    private struct State {
        var clusterID = ""
        var stored: [TopicPartition: StoredOffset] = [:]
        var attempts: Attempts
    }

    private let group: String
    private let owner: String
    private let pool: PostgresPool
    private let otherBroker: @Sendable (TopicPartition, _ lostPosition: Int64) -> Void
    private let batchRecords: Int
    private let state: Mutex<State>

    /// - Parameters:
    ///   - batchRecords: the most records of a batch.
    ///   - otherBroker: told when a stored offset belongs to another cluster and is therefore given up.
    init(
        group: String, owner: String, pool: PostgresPool, batchRecords: Int,
        otherBroker: @escaping @Sendable (TopicPartition, Int64) -> Void
    ) {
        self.batchRecords = batchRecords
        state = Mutex(State(attempts: Attempts(batchRecords: batchRecords)))
        self.group = group
        self.owner = owner
        self.pool = pool
        self.otherBroker = otherBroker
    }

    /// Where to start after an assignment: at the rows of PostgreSQL; at the beginning of the log where there is none, or where the row
    /// was written for another cluster, whose offsets mean nothing here.
    func load(_ assigned: [TopicPartition], clusterID: String?) async throws -> [TopicPartition: StartPosition] {
        let rows = try await OffsetAdvance.read(group: group, assigned, pool)
        let stored = rows.mapValues(\.offset)
        let starts = assigned.map { partition -> (TopicPartition, Attempts.Start) in
            guard let row = rows[partition], !Self.isOfOtherBroker(row.offset, clusterID) else {
                return (partition, Attempts.Start(offset: 0, attempts: 0))
            }
            return (partition, Attempts.Start(offset: row.offset.next, attempts: row.attempts))
        }
        let attempts = Attempts(starts: Dictionary(starts) { first, _ in first }, batchRecords: batchRecords)
        state.withLock {
            $0.clusterID = clusterID ?? stored.values.first?.clusterID ?? ""
            $0.stored = stored
            $0.attempts = attempts
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
        let rows = try await OffsetAdvance.read(group: group, advance.steps.map(\.partition), pool)
        return advance.compare(rows.mapValues(\.offset))
    }

    /// The parts in which a batch is to be handled.
    func parts(of records: [IncomingRecord]) -> [BatchWork] { state.withLock { $0.attempts.parts(of: records) } }

    func verdict(_ work: BatchWork) -> Attempts.Verdict { state.withLock { $0.attempts.verdict(work) } }

    /// Stores that an attempt begins.
    /// - Returns: false when another process has moved an offset.
    func begin(_ work: BatchWork, counts: [TopicPartition: Int]) async throws -> Bool {
        let attempt = attempt(work, counts)
        guard try await attempt.store(in: pool) else { return false }
        state.withLock { state in
            for step in attempt.steps { state.stored[step.partition] = StoredOffset(clusterID: attempt.clusterID, next: step.first) }
            state.attempts.begun(work)
        }
        return true
    }

    /// Takes back the count of a record that was begun alone: it failed, and the process is still there.
    func outlived(_ work: BatchWork, counts: [TopicPartition: Int]) async {
        let lower = state.withLock { state in counts.mapValues { state.attempts.outlived(work, counted: $0) } }
        // Without the database, or after another process has moved the offset, the higher count stays or means nothing.
        _ = try? await attempt(work, lower).store(in: pool)
    }

    /// The record at which the process died is not tried again.
    func putAside(_ work: BatchWork) { state.withLock { $0.attempts.begun(work) } }

    private func attempt(_ work: BatchWork, _ counts: [TopicPartition: Int]) -> OffsetAttempt {
        let firsts = work.firstOffsets
        let state = state.withLock { $0 }
        let steps = counts.sorted { $0.key < $1.key }.compactMap { partition, count in
            firsts[partition].map {
                OffsetAttempt.Step(partition: partition, expected: state.stored[partition], first: $0, attempts: count)
            }
        }
        return OffsetAttempt(group: group, owner: owner, clusterID: state.clusterID, steps: steps)
    }

    func committed(_ advance: OffsetAdvance) {
        state.withLock {
            for step in advance.steps { $0.stored[step.partition] = StoredOffset(clusterID: advance.clusterID, next: step.next) }
        }
    }

    /// Cluster that the positions belong to; empty where no broker has told.
    var clusterID: String { state.withLock { $0.clusterID } }
}
