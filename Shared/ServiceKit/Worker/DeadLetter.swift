import JSON
import Kafka
import Models
import Postgres

/// A record that could not be handled, with the reason.
struct DeadLetter: Sendable {
    let record: IncomingRecord
    let reason: String

    /// The record for the topic of dead letters: the original bytes and headers, its origin in further headers.
    func outgoing(group: String) -> OutgoingRecord {
        let origin = [
            ("tocsin_origin_topic", record.topic), ("tocsin_origin_partition", String(record.partition)),
            ("tocsin_origin_offset", String(record.offset)), ("tocsin_consumer_group", group), ("tocsin_reason", reason),
        ]
        return OutgoingRecord(
            topic: Topic.deadletter.name, key: Array(record.topic.utf8), value: record.value,
            headers: record.headers + origin.map { KafkaHeader(name: $0.0, value: $0.1) })
    }

    /// `[{"name":"ce_id","value":"..."}]`; bytes that are not UTF-8 are replaced, and U+0000, which jsonb refuses, is dropped.
    var headersJSON: String {
        var writer = JSONWriter()
        writer.array { array in
            for header in record.headers {
                array.object {
                    $0.field("name", Self.storable(header.name))
                    $0.field("value", Self.storable(String(decoding: header.value, as: UTF8.self)))
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func storable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value != 0 }))
    }
}

/// The table `dead_letters`.
enum DeadLetters {
    /// Keeps the letters with the transaction's next round trip; one that is there already stays as it is.
    static func queue(_ letters: [DeadLetter], group: String, clusterID: String, in connection: PostgresConnection) {
        guard !letters.isEmpty else { return }
        connection.queue(
            """
            -- dead_letters.insert
            INSERT INTO dead_letters (consumer_group, cluster_id, topic, partition, "offset", reason, record_key, record_value, headers)
            SELECT $1, $2, topic, partition, "offset", reason, record_key, record_value, headers
            FROM unnest($3::text[], $4::int[], $5::bigint[], $6::text[], $7::bytea[], $8::bytea[], $9::jsonb[])
                AS l(topic, partition, "offset", reason, record_key, record_value, headers)
            ON CONFLICT DO NOTHING
            """,
            [
                group, clusterID, letters.map(\.record.topic), letters.map(\.record.partition), letters.map(\.record.offset),
                letters.map(\.reason), letters.map(\.record.key), letters.map(\.record.value), letters.map(\.headersJSON),
            ])
    }
}
