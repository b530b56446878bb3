/// One partition of one topic.
package struct TopicPartition: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var topic: String
    package var partition: Int32

    package init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    package var description: String { "\(topic)[\(partition)]" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }
}

/// Where reading of a partition begins.
package enum StartPosition: Sendable, Hashable {
    /// The oldest record that the broker still has.
    case earliest
    /// The next offset to read: last handled + 1.
    case offset(Int64)
}
