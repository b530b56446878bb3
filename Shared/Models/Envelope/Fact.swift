/// One record on its way to a topic: CloudEvents 1.0 in Kafka binary mode
/// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md).
package struct Fact: Sendable, Hashable {
    package var topic: Topic
    package var key: String
    package var teamID: TeamID
    /// `ce_id`: deterministic from the cause, so that a second publish is recognised.
    package var id: String
    /// `ce_type` with its version, `tocsin.incident.opened.v1`.
    package var type: String
    /// `ce_source`: the service that states the fact, `/tocsin/alert-grouper`.
    package var source: String
    package var time: Timestamp
    package var traceparent: String?
    /// One JSON object.
    package var payload: [UInt8]

    package init(
        topic: Topic, key: String, teamID: TeamID, id: String, type: String, source: String, time: Timestamp, traceparent: String? = nil,
        payload: [UInt8]
    ) {
        self.topic = topic
        self.key = key
        self.teamID = teamID
        self.id = id
        self.type = type
        self.source = source
        self.time = time
        self.traceparent = traceparent
        self.payload = payload
    }

    /// The Kafka headers, in the order they are written.
    package var headers: [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = [
            ("ce_specversion", "1.0"), ("ce_id", id), ("ce_type", type), ("ce_source", source), ("ce_time", time.rfc3339),
            ("ce_teamid", teamID.description), ("content-type", "application/json"),
        ]
        if let traceparent { headers.append(("traceparent", traceparent)) }
        return headers
    }
}

extension Fact {
    /// An alert on its way to the grouper.
    package init(signal: SignalRecord, id: String) {
        self.init(
            topic: .signals, key: Signal.recordKey(signal.teamID, signal.groupingKey), teamID: signal.teamID, id: id,
            type: Signal.recordType, source: "/tocsin/ingest-gateway", time: signal.receivedAt, traceparent: signal.traceparent,
            payload: signal.encode())
    }
}

extension Signal {
    package func fact() -> Fact { Fact(signal: record, id: id) }
}
