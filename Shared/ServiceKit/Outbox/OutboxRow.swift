package import Kafka
package import Models

/// A fact in the outbox: committed, and published once the broker has acknowledged it and the row is gone.
package struct OutboxRow: Sendable {
    package let id: Int64
    package let record: OutgoingRecord
}

extension Fact {
    /// The record as it goes to the broker.
    package var record: OutgoingRecord {
        OutgoingRecord(
            topic: topic.name, key: Array(key.utf8), value: payload,
            headers: headers.map { KafkaHeader(name: $0.name, value: $0.value) })
    }
}
