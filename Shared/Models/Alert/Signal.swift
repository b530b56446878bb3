/// One normalised alert as the gateway accepted it: the record of `tocsin.signals`.
package struct Signal: Sendable, Hashable {
    package enum Status: String, Sendable, CaseIterable {
        case firing, resolved
    }

    package var teamID: TeamID
    /// Registry id of the source, `alertmanager`.
    package var source: String
    package var fingerprint: Fingerprint
    package var status: Status
    package var startsAt: Timestamp
    /// When it ended. Always set on `.resolved`, never on `.firing`.
    package var endsAt: Timestamp?
    /// A firing alert that nobody refreshed by then counts as resolved; nil: it fires until its sender says otherwise.
    package var expiresAt: Timestamp?
    package var labels: Labels
    package var annotations: Labels
    /// Where the sender shows the alert; http or https.
    package var generatorURL: String?
    /// Groups alerts into incidents; computed by the gateway from the team's rules, part of the topic's key.
    package var groupingKey: GroupingKey
    package var receivedAt: Timestamp
    /// W3C trace context of the request that brought it.
    package var traceparent: String?

    package init(
        teamID: TeamID, source: String, fingerprint: Fingerprint, status: Status, startsAt: Timestamp, endsAt: Timestamp?,
        expiresAt: Timestamp?, labels: Labels, annotations: Labels, generatorURL: String?, groupingKey: GroupingKey,
        receivedAt: Timestamp, traceparent: String? = nil
    ) {
        self.teamID = teamID
        self.source = source
        self.fingerprint = fingerprint
        self.status = status
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.expiresAt = expiresAt
        self.labels = labels
        self.annotations = annotations
        self.generatorURL = generatorURL
        self.groupingKey = groupingKey
        self.receivedAt = receivedAt
        self.traceparent = traceparent
    }

    /// Deterministic from the cause: the same fact sent twice has the same id.
    package var id: String { Signal.id(source: source, fingerprint: fingerprint, status: status, startsAt: startsAt, endsAt: endsAt) }

    package static func id(source: String, fingerprint: Fingerprint, status: Status, startsAt: Timestamp, endsAt: Timestamp?) -> String {
        var id = source + "/" + fingerprint.text + "/" + String(startsAt.microseconds) + "/" + status.rawValue
        if let endsAt { id += "/" + String(endsAt.microseconds) }
        return id
    }

    package var severity: Severity { Severity(labels: labels) }
}
