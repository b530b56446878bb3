import Kafka

/// Finds the record that kills its process, so that it cannot do so for ever: attempts are counted in `consumer_offsets` before they
/// begin, by processes that may not live to tell what became of them.
///
/// - The first records of a partition after an assignment are counted, together, against the offset where they start: one small UPDATE
///   for each assignment, nothing afterwards. Success costs nothing: the count means something only while the offset has not moved.
/// - Records whose start was begun `together` times without the offset moving are under suspicion, as many as one batch may have held:
///   they are handled one by one, each counted before it begins, and taken back when the process outlives a failure of it.
/// - A record that was begun alone `alone` times, and whose process died each time, is put aside.
///
/// An innocent record must not be put aside because somebody kills processes. Only attempts alone count towards that: a kill from
/// outside would have to hit the few milliseconds of the same record in three lives in a row, each of which begins with seconds of
/// joining the group. Failures that the process survives (a lock, a lost connection, PostgreSQL away) are taken back, so a record that
/// waits long for its turn is no easier to hit. Should it happen all the same, the record is in the dead letters and can be redriven.
struct Attempts: Sendable {
    /// Lives that may end in a batch before its records are handled one by one.
    static let together = 2
    /// Lives that may end in one record.
    static let alone = 3

    enum Verdict: Sendable, Hashable {
        /// Counted in this life, or not worth it.
        case begin
        /// To be counted first: the number to store for each partition.
        case count([TopicPartition: Int])
        /// It is the record at which the process died.
        case putAside
    }

    /// Where a partition begins, and how often that was begun without moving.
    struct Start: Sendable, Hashable {
        var offset: Int64
        var attempts: Int
    }

    /// Partitions whose present start is known to have been begun before, or was not begun since the assignment.
    private var starts: [TopicPartition: Start]
    /// Partitions under suspicion, and how many of their records are still to be taken alone.
    private var suspects: [TopicPartition: Int]

    /// - Parameters:
    ///   - starts: one for each assigned partition.
    ///   - batchRecords: the most records that one batch may hold.
    init(starts: [TopicPartition: Start] = [:], batchRecords: Int) {
        self.starts = starts
        suspects = starts.filter { $0.value.attempts >= Self.together }.mapValues { _ in batchRecords }
    }

    /// The parts in which a batch is to be handled: all at once, but for the suspects.
    mutating func parts(of records: [IncomingRecord]) -> [BatchWork] {
        guard !suspects.isEmpty else { return [BatchWork(records)] }
        let suspected = records.filter { suspects[$0.topicPartition] != nil }
        let free = records.filter { suspects[$0.topicPartition] == nil }
        for record in suspected { suspects[record.topicPartition, default: 0] -= 1 }
        suspects = suspects.filter { $0.value > 0 }
        return (free.isEmpty ? [] : [BatchWork(free)]) + suspected.map { BatchWork([$0], isAlone: true) }
    }

    /// What is to be done before these records are handled.
    func verdict(_ work: BatchWork) -> Verdict {
        // After a COMMIT whose answer was lost the rows are looked at first; the attempt was counted.
        guard !work.mustVerify else { return .begin }
        let firsts = work.firstOffsets
        guard work.isAlone else {
            let counts = firsts.compactMap { partition, first in starts[partition].map { (partition, earlier($0, first) + 1) } }
            return counts.isEmpty ? .begin : .count(Dictionary(counts) { first, _ in first })
        }
        guard let (partition, first) = firsts.first else { return .begin }
        // Of a record behind the first one it is known only that it was in the batches at which the process died.
        let count = max(starts[partition].map { earlier($0, first) } ?? 0, Self.together)
        return count >= Self.together + Self.alone ? .putAside : .count([partition: count + 1])
    }

    private func earlier(_ start: Start, _ first: Int64) -> Int { start.offset == first ? start.attempts : 0 }

    /// The attempt is counted in the database, or the record is put aside: from here on the offset moves, or this life ends.
    mutating func begun(_ work: BatchWork) {
        for partition in work.firstOffsets.keys { starts[partition] = nil }
    }

    /// A record that was begun alone failed, and the process has outlived it.
    /// - Parameter counted: the number that was stored before the attempt.
    /// - Returns: the number to store instead.
    mutating func outlived(_ work: BatchWork, counted: Int) -> Int {
        let attempts = max(Self.together, counted - 1)
        for (partition, first) in work.firstOffsets { starts[partition] = Start(offset: first, attempts: attempts) }
        return attempts
    }
}
