extension Signal {
    /// Kafka key: team and grouping key, so that one instance of the grouper sees an incident's alerts in order.
    package var recordKey: String { Signal.recordKey(teamID, groupingKey) }

    package static func recordKey(_ teamID: TeamID, _ groupingKey: GroupingKey) -> String {
        teamID.description + "/" + groupingKey.text
    }

    package static let recordType = "tocsin.signal.received.v1"

    package func encode() -> [UInt8] { record.encode() }

    var record: SignalRecord {
        SignalRecord(
            teamID: teamID, source: source, fingerprint: fingerprint, status: status, times: (startsAt, endsAt), expiresAt: expiresAt,
            groupingKey: groupingKey, labels: LabelSet(labels), annotations: LabelSet(annotations), generatorURL: generatorURL,
            receivedAt: receivedAt, traceparent: traceparent)
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
