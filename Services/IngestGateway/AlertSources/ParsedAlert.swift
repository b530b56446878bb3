package import Models

/// One alert as its source read it, before it is known whose it is.
package struct ParsedAlert: Sendable, Hashable {
    /// Place in the body, `alerts[3]`, for refusals later on.
    package var path: String
    package var fingerprint: Fingerprint
    package var labels: LabelSet
    package var annotations: LabelSet
    package var generatorURL: String?
    package var times: AlertTimes

    package var status: Signal.Status { times.endsAt == nil ? .firing : .resolved }

    /// The signal of a team; its grouping key comes from the team's rules.
    package func signal(
        source: String, team: TeamID, rules: GroupingRules, receivedAt: Timestamp, traceparent: String?
    ) -> Signal {
        Signal(
            teamID: team, source: source, fingerprint: fingerprint, status: status, startsAt: times.startsAt, endsAt: times.endsAt,
            expiresAt: times.expiresAt, labels: Labels(labels), annotations: Labels(annotations), generatorURL: generatorURL,
            groupingKey: rules.key(for: labels, fingerprint: fingerprint), receivedAt: receivedAt, traceparent: traceparent)
    }

    /// The record of `tocsin.signals`.
    /// - Throws: a 413 when it is larger than a record may be.
    package func fact(
        source: String, team: TeamID, rules: GroupingRules, receivedAt: Timestamp, traceparent: String?, limits: IngestLimits
    ) throws(SourceRefusal) -> Fact {
        let groupingKey = rules.key(for: labels, fingerprint: fingerprint)
        let record = SignalRecord(
            teamID: team, source: source, fingerprint: fingerprint, status: status, times: (times.startsAt, times.endsAt),
            expiresAt: times.expiresAt, groupingKey: groupingKey, labels: labels, annotations: annotations, generatorURL: generatorURL,
            receivedAt: receivedAt, traceparent: traceparent)
        let id = Signal.id(source: source, fingerprint: fingerprint, status: status, startsAt: times.startsAt, endsAt: times.endsAt)
        let fact = Fact(signal: record, id: id)
        guard fact.payload.count <= limits.recordBytes else {
            throw .overLimit(
                path, "The alert takes \(fact.payload.count) bytes with all its labels and annotations; \(limits.recordBytes) are allowed.",
                setting: "TOCSIN_GATEWAY_MAX_RECORD_BYTES")
        }
        return fact
    }
}
