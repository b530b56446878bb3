import Models

/// An incident with everything that was written about it, as one statement saw it.
struct IncidentEvidence: Sendable {
    struct Event: Sendable, Hashable {
        var sequence: Int64
        /// As stored: perhaps no kind that this build knows.
        var kind: String
        var at: Timestamp
    }

    var incident: Incident
    /// In order of sequence.
    var events: [Event]
    /// The last event's body; nil: there is none, or it cannot be read.
    var last: IncidentEvent?
    /// Alerts of it that fire.
    var firingAlerts: Int
    /// The first acknowledgement ever.
    var firstAckedAt: Timestamp?
    /// What metrics-aggregator has counted.
    var measure: StoredMeasure?
    /// Sequence of the last event that the notifier and metrics-aggregator have handled; 0: none.
    var notified: Int64
    var measured: Int64
}

/// Compares an incident's row with its event log.
enum IncidentCheck {
    /// Missing events named for one incident; more are counted in the last one's detail.
    static let maxGaps = 20

    static func examine(_ evidence: IncidentEvidence, team: String) -> Findings {
        var findings = Findings()
        let incident = evidence.incident
        gaps(evidence, team, &findings)
        if let fault = fold(evidence) { findings.add(.incidents, .wrong, "life_cycle", id: "\(incident.id)", team: team, fault) }
        if let fault = difference(evidence) { findings.add(.incidents, .wrong, "state", id: "\(incident.id)", team: team, fault) }
        if incident.firingCount != evidence.firingAlerts {
            findings.add(
                .incidents, .wrong, "firing_count", id: "\(incident.id)", team: team,
                "it counts \(incident.firingCount) firing alerts, \(evidence.firingAlerts) fire")
        }
        if findings[.incidents].examined == 0 { findings.note(.incidents, .ok, state: incident.status.rawValue) }
        return findings
    }

    private static func gaps(_ evidence: IncidentEvidence, _ team: String, _ findings: inout Findings) {
        let id = evidence.incident.id
        let present = Set(evidence.events.map(\.sequence))
        let last = max(evidence.incident.sequence, evidence.events.last?.sequence ?? 0)
        var missing = 0
        for sequence in stride(from: 1, through: last, by: 1) where !present.contains(sequence) {
            missing += 1
            guard missing <= maxGaps else { continue }
            findings.add(.incidents, .lost, "event_missing", id: "\(id)/\(sequence)", team: team, "the event log lacks this event")
        }
        if missing > maxGaps { findings.note(.incidents, .lost, times: missing - maxGaps) }
        if let newest = evidence.events.last?.sequence, newest > evidence.incident.sequence {
            findings.add(
                .incidents, .wrong, "sequence", id: "\(id)", team: team,
                "its row is at event \(evidence.incident.sequence), its log at \(newest)")
        }
    }

    /// Walks through the kinds of events; nil when they make a life that an incident can have and that ends as the row says.
    static func fold(_ evidence: IncidentEvidence) -> String? {
        var status: Incident.Status?
        for (index, event) in evidence.events.enumerated() {
            // Behind a gap anything may have happened.
            guard event.sequence == Int64(index + 1) else { return nil }
            switch (IncidentEvent.Kind(rawValue: event.kind), status) {
            case (nil, _): return "event \(event.sequence) is of the unknown kind \(event.kind)"
            case (.opened, nil): status = .open
            case (.updated, let now?): status = now
            case (.acknowledged, .open): status = .acknowledged
            case (.resolved, .open), (.resolved, .acknowledged): status = .resolved
            case (.reopened, .resolved): status = .open
            case (_, let now):
                return "event \(event.sequence) is \(event.kind) while the incident is \(now?.rawValue ?? "not there")"
            }
        }
        guard let status, status != evidence.incident.status else { return nil }
        return "its row is \(evidence.incident.status.rawValue), its events make it \(status.rawValue)"
    }

    /// How the row differs from the state that its last event carries.
    static func difference(_ evidence: IncidentEvidence) -> String? {
        guard let newest = evidence.events.last, newest.sequence == evidence.incident.sequence else { return nil }
        guard let last = evidence.last else { return "the body of event \(newest.sequence) cannot be read" }
        if last.sequence != newest.sequence || last.incident.id != evidence.incident.id {
            return "the body of event \(newest.sequence) is that of \(last.id)"
        }
        let names = differing(evidence.incident, last.incident)
        return names.isEmpty ? nil : "differs from its last event in \(names.joined(separator: ", "))"
    }

    private static func differing(_ row: Incident, _ event: Incident) -> [String] {
        let fields: [(String, Bool)] = [
            ("team", row.teamID == event.teamID), ("number", row.number == event.number), ("title", row.title == event.title),
            ("description", row.description == event.description), ("status", row.status == event.status),
            ("severity", row.severity == event.severity), ("groupingKey", row.groupingKey == event.groupingKey),
            ("labels", row.labels == event.labels), ("createdAt", row.createdAt == event.createdAt),
            ("updatedAt", row.updatedAt == event.updatedAt), ("ackedAt", row.ackedAt == event.ackedAt),
            ("resolvedAt", row.resolvedAt == event.resolvedAt), ("assigneeId", row.assigneeID == event.assigneeID),
            ("resolveDueAt", row.resolveDueAt == event.resolveDueAt), ("reopenCount", row.reopenCount == event.reopenCount),
            ("alertCount", row.alertCount == event.alertCount), ("firingCount", row.firingCount == event.firingCount),
        ]
        return fields.filter { !$0.1 }.map(\.0)
    }
}
