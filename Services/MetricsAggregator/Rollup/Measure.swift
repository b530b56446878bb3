package import Models

/// What one incident contributes to the figures, as of its latest event.
package struct Measure: Sendable, Hashable {
    /// Longer names are cut, in Unicode scalars: the rollup's primary key must fit an index row of PostgreSQL (2,704 bytes).
    package static let maxServiceCharacters = 512

    package var teamID: TeamID
    package var incidentID: IncidentID
    package var sequence: Int64
    package var status: Incident.Status
    package var severity: Severity
    package var service: String
    package var openedAt: Timestamp
    /// The first acknowledgement; a later reopening does not take it back.
    package var firstAckedAt: Timestamp?
    package var resolvedAt: Timestamp?

    package init(
        teamID: TeamID, incidentID: IncidentID, sequence: Int64, status: Incident.Status, severity: Severity, service: String,
        openedAt: Timestamp, firstAckedAt: Timestamp?, resolvedAt: Timestamp?
    ) {
        self.teamID = teamID
        self.incidentID = incidentID
        self.sequence = sequence
        self.status = status
        self.severity = severity
        self.service = service
        self.openedAt = openedAt
        self.firstAckedAt = firstAckedAt
        self.resolvedAt = resolvedAt
    }

    /// The measure after an event; `earlier` is the measure before it, nil for the first event of an incident.
    package init(after event: IncidentEvent, earlier: Measure?) {
        let incident = event.incident
        self.init(
            teamID: incident.teamID, incidentID: incident.id, sequence: event.sequence, status: incident.status,
            severity: incident.severity,
            service: Incident.cut(incident.labels["service"] ?? "", to: Measure.maxServiceCharacters), openedAt: incident.createdAt,
            firstAckedAt: earlier?.firstAckedAt ?? incident.ackedAt, resolvedAt: incident.resolvedAt)
    }

    package var key: RollupKey { RollupKey(teamID: teamID, day: openedAt.utcDay, service: service, severity: severity) }

    /// Milliseconds from opening to the first acknowledgement; nil when nobody acknowledged.
    package var acknowledgeMilliseconds: Int64? { firstAckedAt.map { $0.milliseconds(since: openedAt) } }

    /// Milliseconds from opening to resolution; nil while it is not resolved.
    package var resolveMilliseconds: Int64? { resolvedAt.map { $0.milliseconds(since: openedAt) } }

    /// This incident's share of its cell, `times` 1 to add and -1 to take away.
    package func contribution(times: Int64 = 1) -> RollupCell {
        var cell = RollupCell()
        switch status {
        case .open: cell.open = times
        case .acknowledged: cell.acknowledged = times
        case .resolved: cell.resolved = times
        }
        if let acknowledgeMilliseconds { cell.timeToAcknowledge.add(milliseconds: acknowledgeMilliseconds, times: times) }
        if let resolveMilliseconds { cell.timeToResolve.add(milliseconds: resolveMilliseconds, times: times) }
        return cell
    }
}
