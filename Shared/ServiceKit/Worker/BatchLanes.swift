import Kafka

/// Handles the partitions of a batch side by side, so that one lane computes while another waits for the database.
///
/// Within a batch each partition belongs to one lane: its records keep their order, and its offset is moved by one transaction after the
/// other. The next batch is read when every lane is done, so that positions are never loaded while a commit is under way.
struct BatchLanes {
    /// Fewer records are not worth a transaction of their own.
    static let fewestRecords = 50

    private let maxRecords: Int
    private let health: WorkerHealth
    private let runtime: Runtime
    private let handlers: [any BatchHandler]
    private var processors: [BatchProcessor]
    /// Of the last batch; nil before the first one.
    private var generation: Int?

    /// - Parameters:
    ///   - processors: one for each lane, at least one.
    ///   - handlers: theirs.
    ///   - maxRecords: the most records of one transaction.
    init(_ processors: [BatchProcessor], handlers: [any BatchHandler], maxRecords: Int, health: WorkerHealth, runtime: Runtime) {
        self.processors = processors
        self.handlers = handlers
        self.maxRecords = maxRecords
        self.health = health
        self.runtime = runtime
    }

    /// What the lanes have committed and Kafka was not told yet.
    mutating func takeCommitted() -> [TopicPartition: Int64] {
        processors.indices.reduce(into: [:]) { $0.merge(processors[$1].takeCommitted(), uniquingKeysWith: max) }
    }

    mutating func process(_ batch: RecordBatch) async {
        health.inHand(since: runtime.clock())
        if generation != batch.generation {
            generation = batch.generation
            for handler in handlers { await handler.reset() }
        }
        let shares = Self.shares(of: batch.records, lanes: processors.count, maxRecords: maxRecords)
        if shares.count == 1 {
            await processors[0].process(shares[0], generation: batch.generation)
        } else {
            await processTogether(shares, generation: batch.generation)
        }
        health.inHand(since: nil)
    }

    private mutating func processTogether(_ shares: [[[IncomingRecord]]], generation: Int) async {
        await withTaskGroup(of: (lane: Int, processor: BatchProcessor).self) { group in
            for (lane, portions) in shares.enumerated() {
                var processor = processors[lane]
                group.addTask {
                    await processor.process(portions, generation: generation)
                    return (lane, processor)
                }
            }
            for await done in group { processors[done.lane] = done.processor }
        }
    }

    /// Who handles what: for each lane that is needed, its records in portions of at most `maxRecords`.
    ///
    /// The partition with the most records goes first, each to the lane that has least to do.
    static func shares(of records: [IncomingRecord], lanes: Int, maxRecords: Int) -> [[[IncomingRecord]]] {
        let needed = min(lanes, max(1, records.count / fewestRecords))
        guard needed > 1 else { return [portions(of: records, maxRecords)] }
        var counts: [TopicPartition: Int] = [:]
        for record in records { counts[record.topicPartition, default: 0] += 1 }
        var loads = Array(repeating: 0, count: min(needed, counts.count))
        var laneOf: [TopicPartition: Int] = [:]
        for (partition, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            let lane = loads.indices.min { loads[$0] < loads[$1] } ?? 0
            laneOf[partition] = lane
            loads[lane] += count
        }
        var shares: [[IncomingRecord]] = loads.map { _ in [] }
        for record in records { shares[laneOf[record.topicPartition] ?? 0].append(record) }
        return shares.map { portions(of: $0, maxRecords) }
    }

    private static func portions(of records: [IncomingRecord], _ size: Int) -> [[IncomingRecord]] {
        guard records.count > size else { return [records] }
        return stride(from: 0, to: records.count, by: size).map { Array(records[$0..<min($0 + size, records.count)]) }
    }
}
