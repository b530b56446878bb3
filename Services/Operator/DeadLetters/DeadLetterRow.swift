import JSON
import Kafka
import Models
import Postgres
import Store

enum DeadLetterSubject {}
typealias DeadLetterID = Identifier<DeadLetterSubject>

/// A record that a service could not handle, as `dead_letters` keeps it.
struct DeadLetterRow: Sendable {
    let id: DeadLetterID
    let consumerGroup: String
    let clusterID: String
    let topic: String
    let partition: Int
    let offset: Int64
    let reason: String
    let key: [UInt8]?
    let value: [UInt8]
    let headers: [KafkaHeader]
    let createdAt: Timestamp
    let redrivenAt: Timestamp?

    init(_ row: Row) throws {
        id = try row.identifier("id")
        consumerGroup = try row.string("consumer_group")
        clusterID = try row.string("cluster_id")
        topic = try row.string("topic")
        partition = try row.int("partition")
        offset = try row.int64("offset")
        reason = try row.string("reason")
        key = try row.optionalBytes("record_key")
        value = try row.bytes("record_value")
        headers = try Self.headers(try row.utf8("headers"))
        createdAt = try row.timestamp("created_at")
        redrivenAt = try row.optionalTimestamp("redriven_at")
    }

    /// The record as it was: the same bytes, key and headers for the topic it came from.
    var original: OutgoingRecord { OutgoingRecord(topic: topic, key: key ?? [], value: value, headers: headers) }

    var state: String { redrivenAt == nil ? "open" : "redriven" }

    /// `[{"name":"ce_id","value":"…"}]`
    private static func headers(_ json: [UInt8]) throws -> [KafkaHeader] {
        let root = try JSONDocument.parse(json, limits: .internal).root
        return try root.elements.map { element in
            let reader = try RecordReader(element)
            return KafkaHeader(name: try reader.string("name"), value: try reader.string("value"))
        }
    }
}
