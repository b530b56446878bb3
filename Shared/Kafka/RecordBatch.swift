/// Records of one assignment, in offset order per partition.
package struct RecordBatch: Sendable {
    /// The assignment they belong to; see `Consumer.isCurrent`.
    package var generation: Int
    package var records: [IncomingRecord]
    /// Partitions whose expected offset the broker no longer had. They concern what precedes `records`.
    package var gaps: [Gap]

    package init(generation: Int, records: [IncomingRecord], gaps: [Gap] = []) {
        self.generation = generation
        self.records = records
        self.gaps = gaps
    }

    /// Nothing to handle: neither record nor gap.
    package var isEmpty: Bool { records.isEmpty && gaps.isEmpty }
}

/// Records that can never be read: the broker's log does not contain the offset which was next.
package struct Gap: Sendable, Hashable {
    package enum Reason: String, Sendable, Hashable {
        /// Retention removed records before they were read: offsets `expected ..< resumedAt` are lost.
        case trimmed
        /// The log ends before the expected offset: the topic was created anew or lost its tail.
        case recreated
    }

    package var topic: String
    package var partition: Int32
    package var expected: Int64
    package var resumedAt: Int64
    package var reason: Reason

    package init(topic: String, partition: Int32, expected: Int64, resumedAt: Int64, reason: Reason) {
        self.topic = topic
        self.partition = partition
        self.expected = expected
        self.resumedAt = resumedAt
        self.reason = reason
    }

    /// Decides where to go on when `expected` was refused, from the log's `low` and `high` watermarks.
    /// No gap means the offset is there after all (a stale follower answered): resume at `expected`.
    static func between(_ partition: TopicPartition, expected: Int64, low: Int64, high: Int64) -> Gap? {
        guard expected < low || expected > high else { return nil }
        return Gap(
            topic: partition.topic, partition: partition.partition, expected: expected, resumedAt: low,
            reason: expected < low ? .trimmed : .recreated)
    }
}
