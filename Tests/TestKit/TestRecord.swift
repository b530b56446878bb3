package import Kafka
package import Models

/// Records as a consumer would get them.
package enum TestRecord {
    /// A fact as it comes out of its topic.
    package static func of(_ fact: Fact, partition: Int32 = 0, offset: Int64 = 0) -> IncomingRecord {
        raw(topic: fact.topic, key: fact.key, value: fact.payload, headers: fact.headers, partition: partition, offset: offset)
    }

    /// Any bytes.
    package static func raw(
        topic: Topic, key: String = "key", value: [UInt8], headers: [(name: String, value: String)] = [], partition: Int32 = 0,
        offset: Int64 = 0
    ) -> IncomingRecord {
        IncomingRecord(
            topic: topic.name, partition: partition, offset: offset, timestampMilliseconds: 1_763_700_000_000, key: Array(key.utf8),
            value: value, headers: headers.map { KafkaHeader(name: $0.name, value: $0.value) })
    }
}
