import JSON
import Kafka
import Models

extension DeadLetterRow {
    /// `tocsin.signals[3]@42`
    var place: String { "\(topic)[\(partition)]@\(offset)" }
}

/// Dead letters in words and in JSON.
enum DeadLetterText {
    static func text(_ letter: DeadLetterRow) -> String {
        var lines = [
            "id        \(letter.id)",
            "state     " + (letter.redrivenAt.map { "redriven at \($0.forPeople)" } ?? "open"),
            "when      \(letter.createdAt.forPeople)",
            "service   \(Printable.line(letter.consumerGroup))",
            "record    \(Printable.line(letter.place)) of cluster \(Printable.line(letter.clusterID))",
            "reason    \(Printable.line(letter.reason))",
            "key       " + (letter.key.map { Printable.line(String(decoding: $0, as: UTF8.self)) } ?? "-"),
        ]
        lines += letter.headers.map { header in
            "header    \(Printable.line(header.name)): \(Printable.line(String(decoding: header.value, as: UTF8.self)))"
        }
        lines.append("content   \(letter.value.count) bytes")
        lines.append(Printable.line(String(decoding: letter.value, as: UTF8.self)))
        return lines.joined(separator: "\n")
    }

    static func json(_ letters: [DeadLetterRow]) -> [UInt8] {
        var writer = JSONWriter()
        writer.array { writer in
            for letter in letters { writer.object { writer in write(letter, to: &writer) } }
        }
        return writer.bytes
    }

    static func json(_ letter: DeadLetterRow) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            write(letter, to: &writer)
            writer.field("key", letter.key.map { String(decoding: $0, as: UTF8.self) })
            RecordJSON.write(headers: letter.headers, to: &writer)
            RecordJSON.write(value: letter.value, to: &writer)
        }
        return writer.bytes
    }

    private static func write(_ letter: DeadLetterRow, to writer: inout JSONWriter) {
        writer.field("id", letter.id.description)
        writer.field("state", letter.state)
        writer.field("createdAt", letter.createdAt.rfc3339)
        writer.field("redrivenAt", letter.redrivenAt?.rfc3339)
        writer.field("consumerGroup", letter.consumerGroup)
        writer.field("clusterId", letter.clusterID)
        writer.field("topic", letter.topic)
        writer.field("partition", letter.partition)
        writer.field("offset", letter.offset)
        writer.field("reason", letter.reason)
        writer.field("bytes", letter.value.count)
    }
}
