package import Models

/// One alert of a team as it stands now: a row of `alerts`. Its past is in ``Occurrence``.
package struct Alert: Sendable, Hashable {
    /// What makes two signals speak of the same alert.
    package struct ID: Sendable, Hashable, Comparable {
        package var teamID: TeamID
        package var fingerprint: Fingerprint

        package init(teamID: TeamID, fingerprint: Fingerprint) {
            self.teamID = teamID
            self.fingerprint = fingerprint
        }

        package static func < (left: ID, right: ID) -> Bool { (left.teamID, left.fingerprint) < (right.teamID, right.fingerprint) }
    }

    package var id: ID
    package var source: String
    package var status: Signal.Status
    package var severity: Severity
    /// Start of the current occurrence: the latest start that any signal has told.
    package var startsAt: Timestamp
    /// Set exactly when resolved; never before `startsAt`.
    package var endsAt: Timestamp?
    /// Firing: when it resolves unless refreshed. Resolved: set only when that is what resolved it.
    package var expiresAt: Timestamp?
    package var labels: Labels
    package var annotations: Labels
    package var generatorURL: String?
    package var groupingKey: GroupingKey
    /// The incident it joined last; nil when it never fired here.
    package var incidentID: IncidentID?
    /// Counts how often it fired, from 1.
    package var occurrence: Int
    /// Signals that said again what was known.
    package var repeats: Int64
    /// When the gateway last received it firing (or first heard of it).
    package var lastSeenAt: Timestamp
    /// When the gateway last received the end of the current occurrence; nil when nobody said that it ended.
    package var resolveSeenAt: Timestamp?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        id: ID, source: String, status: Signal.Status, severity: Severity, startsAt: Timestamp, endsAt: Timestamp?,
        expiresAt: Timestamp?, labels: Labels, annotations: Labels, generatorURL: String?, groupingKey: GroupingKey,
        incidentID: IncidentID?, occurrence: Int, repeats: Int64, lastSeenAt: Timestamp, resolveSeenAt: Timestamp?,
        createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.source = source
        self.status = status
        self.severity = severity
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.expiresAt = expiresAt
        self.labels = labels
        self.annotations = annotations
        self.generatorURL = generatorURL
        self.groupingKey = groupingKey
        self.incidentID = incidentID
        self.occurrence = occurrence
        self.repeats = repeats
        self.lastSeenAt = lastSeenAt
        self.resolveSeenAt = resolveSeenAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// One time that an alert fired: a row of `alert_occurrences`.
package struct Occurrence: Sendable, Hashable {
    /// The alert and the number of the occurrence.
    package struct ID: Sendable, Hashable, Comparable {
        package var alert: Alert.ID
        package var number: Int

        package static func < (left: ID, right: ID) -> Bool { (left.alert, left.number) < (right.alert, right.number) }
    }

    package var id: ID
    package var incidentID: IncidentID?
    package var severity: Severity
    /// The start that was told first.
    package var startsAt: Timestamp
    package var endsAt: Timestamp?

    init(_ alert: Alert) {
        id = ID(alert: alert.id, number: alert.occurrence)
        incidentID = alert.incidentID
        severity = alert.severity
        startsAt = alert.startsAt
        endsAt = alert.endsAt
    }
}

extension Signal {
    /// The alert it speaks of.
    package var alertID: Alert.ID { Alert.ID(teamID: teamID, fingerprint: fingerprint) }
}
