import JSON

extension Signal {
    /// Kafka key: team and grouping key, so that one instance of the grouper sees an incident's alerts in order.
    package var recordKey: String { "\(teamID)/\(groupingKey)" }

    package static let recordType = "tocsin.signal.received.v1"

    package func encode() -> [UInt8] {
        var writer = JSONWriter(reserving: 512)
        writer.object { writer in
            writer.field("teamId", teamID.description)
            writer.field("source", source)
            writer.field("fingerprint", fingerprint.text)
            writer.field("status", status.rawValue)
            writer.field("startsAt", startsAt.rfc3339)
            writer.field("endsAt", endsAt?.rfc3339)
            writer.field("expiresAt", expiresAt?.rfc3339)
            writer.field("groupingKey", groupingKey.text)
            writer.field("labels", map: labels)
            writer.field("annotations", map: annotations)
            writer.field("generatorURL", generatorURL)
            writer.field("receivedAt", receivedAt.rfc3339)
            writer.field("traceparent", traceparent)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(RecordError) {
        try self.init(record: RecordReader(bytes))
    }

    init(record: RecordReader) throws(RecordError) {
        self.init(
            teamID: try record.identifier("teamId"),
            source: try record.string("source"),
            fingerprint: Fingerprint(try record.string("fingerprint")),
            status: try record.choice("status"),
            startsAt: try record.timestamp("startsAt"),
            endsAt: try record.optionalTimestamp("endsAt"),
            expiresAt: try record.optionalTimestamp("expiresAt"),
            labels: try record.map("labels"),
            annotations: try record.map("annotations"),
            generatorURL: try record.optionalString("generatorURL"),
            groupingKey: GroupingKey(try record.string("groupingKey")),
            receivedAt: try record.timestamp("receivedAt"),
            traceparent: try record.optionalString("traceparent"))
    }
}
