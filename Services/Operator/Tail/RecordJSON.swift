import JSON
import Kafka
import Models

/// One record as one line of JSON: where it stood, its headers, its content.
enum RecordJSON {
    static func line(_ record: IncomingRecord) -> [UInt8] {
        var writer = JSONWriter(reserving: 1024)
        writer.object { writer in
            writer.field("topic", record.topic)
            writer.field("partition", Int(record.partition))
            writer.field("offset", record.offset)
            if record.timestampMilliseconds >= 0 {
                writer.field("timestamp", Timestamp(microseconds: record.timestampMilliseconds * 1000).rfc3339)
            }
            writer.field("key", record.key.map { String(decoding: $0, as: UTF8.self) })
            write(headers: record.headers, to: &writer)
            write(value: record.value, to: &writer)
        }
        return writer.bytes
    }

    /// `"headers":{"ce_id":"…"}`; of headers with the same name the last, as readers of ours take it.
    static func write(headers: [KafkaHeader], to writer: inout JSONWriter) {
        var map: [String: String] = [:]
        for header in headers { map[header.name] = String(decoding: header.value, as: UTF8.self) }
        writer.field("headers", map: map)
    }

    /// `"value":{…}`, or `"valueBase64"` for what is no JSON.
    static func write(value: [UInt8], to writer: inout JSONWriter) {
        if let document = try? JSONDocument.parse(value, limits: .internal) {
            writer.key("value")
            writer.raw(document.root.raw())
        } else {
            // The bytes say why themselves.
            writer.field("valueBase64", Base64.text(value))
        }
    }
}
