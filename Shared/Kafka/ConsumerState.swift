/// What a consumer knows about its partitions: a pure value, changed by the group (assigned, revoked), by its owner (restart)
/// and by what was read.
///
/// States of the assignment: none -> awaiting positions -> reading -> none. `restart` leads from reading back to awaiting.
/// Every step but "awaiting -> reading" begins a new generation, which makes batches of the one before void.
struct ConsumerState: Sendable {
    private(set) var generation = 0
    /// Partitions that are being read.
    private(set) var assigned: [TopicPartition] = []
    /// Partitions that are ours but whose positions are not known yet.
    private(set) var awaiting: [TopicPartition]?
    /// Next offset to read; absent for a partition read from its beginning until its first record came.
    private(set) var next: [TopicPartition: Int64] = [:]
    /// Partitions that stopped because the broker does not have the next offset.
    private(set) var refused: Set<TopicPartition> = []
    /// To be reported with the next batch.
    private(set) var gaps: [Gap] = []
    /// Records that a poll brought while nobody had asked for any.
    private(set) var carried: [IncomingRecord] = []
    private(set) var failures = 0
    /// The group has told what is ours since it last took anything away; perhaps nothing.
    private(set) var isMember = false
    /// Not before this instant is the next attempt to settle what is awaiting or refused.
    private(set) var retryAt: ContinuousClock.Instant?

    mutating func partitionsAssigned(_ partitions: [TopicPartition]) {
        forget()
        awaiting = partitions.sorted()
        isMember = true
    }

    var isReading: Bool { isMember && awaiting == nil }

    mutating func partitionsRevoked() { forget() }

    /// Back to "awaiting positions" with the same partitions.
    mutating func restart() {
        guard awaiting == nil, !assigned.isEmpty else { return }
        partitionsAssigned(assigned)
    }

    private mutating func forget() {
        self = ConsumerState(generation: generation + 1)
    }

    init(generation: Int = 0) { self.generation = generation }

    /// The offsets to assign where `answer` came for this generation; nil where it is out of date.
    /// A partition without an answer is read from its beginning: rather twice than never.
    func offsets(for answer: [TopicPartition: StartPosition], generation: Int) -> [TopicPartition: Int64]? {
        guard generation == self.generation, let awaiting else { return nil }
        let pairs = awaiting.map { partition -> (TopicPartition, Int64) in
            guard case .offset(let offset) = answer[partition], offset >= 0 else { return (partition, RDKafkaClient.earliest) }
            return (partition, offset)
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The library took the offsets.
    mutating func started(at offsets: [TopicPartition: Int64], generation: Int) {
        guard generation == self.generation else { return }
        assigned = offsets.keys.sorted()
        awaiting = nil
        next = offsets.filter { $0.value >= 0 }
        settled()
    }

    /// Counts a record as read. False for one that must not be handed out: not ours (any more), or before our position.
    mutating func accept(_ record: IncomingRecord) -> Bool {
        let partition = record.topicPartition
        guard awaiting == nil, !refused.contains(partition), assigned.contains(partition), record.offset >= next[partition] ?? 0
        else { return false }
        next[partition] = record.offset + 1
        return true
    }

    mutating func refuse(_ partition: TopicPartition) {
        guard awaiting == nil, assigned.contains(partition) else { return }
        refused.insert(partition)
    }

    /// Offsets to assign so that every refused partition goes on where its log begins, and the gaps that this means.
    func repair(_ watermarks: [TopicPartition: (low: Int64, high: Int64)]) -> (offsets: [TopicPartition: Int64], gaps: [Gap]) {
        var offsets = Dictionary(assigned.map { ($0, next[$0] ?? RDKafkaClient.earliest) }) { first, _ in first }
        var gaps: [Gap] = []
        for partition in refused.sorted() {
            guard let marks = watermarks[partition], let expected = next[partition] else { continue }
            guard let gap = Gap.between(partition, expected: expected, low: marks.low, high: marks.high) else { continue }
            offsets[partition] = gap.resumedAt
            gaps.append(gap)
        }
        return (offsets, gaps)
    }

    /// The library took the offsets of `repair`.
    mutating func repaired(_ repair: (offsets: [TopicPartition: Int64], gaps: [Gap]), generation: Int) {
        guard generation == self.generation else { return }
        next = repair.offsets.filter { $0.value >= 0 }
        refused = []
        gaps += repair.gaps
        settled()
    }

    private mutating func settled() {
        failures = 0
        retryAt = nil
    }

    /// An attempt to settle failed: the next one after 100, 200, ... 2000 ms.
    mutating func settlingFailed(at now: ContinuousClock.Instant) {
        retryAt = now.advanced(by: .milliseconds(min(100 << min(failures, 5), 2000)))
        failures += 1
    }

    /// Positions are to be asked for, or a refused partition to be repaired, and it is time to try.
    func mustSettle(at now: ContinuousClock.Instant) -> Bool {
        // Carried records precede a gap that was found after them.
        guard awaiting != nil || (!refused.isEmpty && carried.isEmpty) else { return false }
        return retryAt.map { now >= $0 } ?? true
    }

    mutating func carry(_ record: IncomingRecord) {
        if accept(record) { carried.append(record) }
    }

    mutating func takeCarried() -> [IncomingRecord] {
        defer { carried = [] }
        return carried
    }

    mutating func takeGaps() -> [Gap] {
        defer { gaps = [] }
        return gaps
    }
}
