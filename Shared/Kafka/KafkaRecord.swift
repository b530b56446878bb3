/// One record header. Names may repeat; values are bytes.
package struct KafkaHeader: Sendable, Hashable {
    package var name: String
    package var value: [UInt8]

    package init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }

    /// A header whose value is the UTF-8 of `value`.
    package init(name: String, value: String) {
        self.init(name: name, value: Array(value.utf8))
    }
}

/// A record to produce. The partition follows from the key (murmur2, as Java clients do it); an empty key means any partition.
package struct OutgoingRecord: Sendable {
    package var topic: String
    package var key: [UInt8]
    package var value: [UInt8]
    package var headers: [KafkaHeader]

    package init(topic: String, key: [UInt8], value: [UInt8], headers: [KafkaHeader] = []) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
    }
}

/// A record read from a partition; its bytes are copies of ours.
package struct IncomingRecord: Sendable {
    package var topic: String
    package var partition: Int32
    package var offset: Int64
    /// Milliseconds since 1970 as the producer or the broker wrote them; -1 where the record carries none.
    package var timestampMilliseconds: Int64
    package var key: [UInt8]?
    /// Empty for a tombstone.
    package var value: [UInt8]
    package var headers: [KafkaHeader]

    package init(
        topic: String, partition: Int32, offset: Int64, timestampMilliseconds: Int64 = -1, key: [UInt8]? = nil, value: [UInt8],
        headers: [KafkaHeader] = []
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.timestampMilliseconds = timestampMilliseconds
        self.key = key
        self.value = value
        self.headers = headers
    }

    /// The last header of that name as text; nil where it is absent or not UTF-8.
    package func header(_ name: String) -> String? {
        guard let header = headers.last(where: { $0.name == name }) else { return nil }
        return String(validating: header.value, as: UTF8.self)
    }

    package var topicPartition: TopicPartition { TopicPartition(topic: topic, partition: partition) }

    /// Bytes of key, value and headers: what the record weighs against `maxBytes` of a batch.
    var size: Int {
        headers.reduce((key?.count ?? 0) + value.count) { $0 + $1.name.utf8.count + $1.value.count }
    }
}
