import Kafka

/// A part of a batch on its way through attempts: what is still believed to be fit, and what was found unfit.
struct BatchWork: Sendable {
    /// In offset order per partition.
    private(set) var records: [IncomingRecord]
    private(set) var unfit: [DeadLetter] = []
    /// Attempts that failed through the records themselves.
    private(set) var defects = 0
    /// The last COMMIT may have happened: look before trying again.
    var mustVerify = false

    /// One record under suspicion of killing its process: see `Attempts`.
    let isAlone: Bool

    init(_ records: [IncomingRecord], isAlone: Bool = false) {
        self.records = records
        self.isAlone = isAlone
    }

    /// Where each partition's records begin.
    var firstOffsets: [TopicPartition: Int64] {
        Dictionary(records.map { ($0.topicPartition, $0.offset) }, uniquingKeysWith: min)
    }

    /// Where each partition goes on when this part is done.
    var nextOffsets: [TopicPartition: Int64] {
        let offsets = (records + unfit.map(\.record)).map { ($0.topicPartition, $0.offset + 1) }
        return Dictionary(offsets, uniquingKeysWith: max)
    }

    mutating func putAside(_ index: Int, reason: String) {
        unfit.append(DeadLetter(record: records.remove(at: index), reason: reason))
        defects = 0
    }

    mutating func countDefect() { defects += 1 }

    /// Two halves, the earlier records first, so that offsets still grow. What is already unfit goes with the half where it belongs:
    /// a partition's offset must not pass over a record of the second half.
    func halves() -> [BatchWork] {
        let middle = records.count / 2
        var first = BatchWork(Array(records[..<middle]))
        var second = BatchWork(Array(records[middle...]))
        let reached = first.nextOffsets
        for letter in unfit {
            let isEarly = letter.record.offset < reached[letter.record.topicPartition] ?? 0
            if isEarly { first.unfit.append(letter) } else { second.unfit.append(letter) }
        }
        return [first, second]
    }
}
