/// One fact of an incident's life. Events of one incident are numbered 1, 2, 3 …; each carries the incident as it was after it.
package struct IncidentEvent: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// The first event of every incident.
        case opened
        /// Alerts joined or ended, or the severity rose.
        case updated
        case acknowledged
        case resolved
        case reopened
    }

    /// What this event changed, for timelines.
    package struct Change: Sendable, Hashable {
        package var alertsFired: Int
        package var alertsResolved: Int
        /// Set when the severity changed: what it was before.
        package var previousSeverity: Severity?
        /// Why, in words for people: `all alerts resolved`.
        package var reason: String?

        package init(alertsFired: Int = 0, alertsResolved: Int = 0, previousSeverity: Severity? = nil, reason: String? = nil) {
            self.alertsFired = alertsFired
            self.alertsResolved = alertsResolved
            self.previousSeverity = previousSeverity
            self.reason = reason
        }
    }

    package var kind: Kind
    package var at: Timestamp
    package var actor: Actor
    package var incident: Incident
    package var change: Change
    package var traceparent: String?

    package init(kind: Kind, at: Timestamp, actor: Actor, incident: Incident, change: Change = Change(), traceparent: String? = nil) {
        self.kind = kind
        self.at = at
        self.actor = actor
        self.incident = incident
        self.change = change
        self.traceparent = traceparent
    }

    package var sequence: Int64 { incident.sequence }

    /// Deterministic: incident and sequence.
    package var id: String { "\(incident.id)/\(sequence)" }

    package var recordType: String { "tocsin.incident.\(kind.rawValue).v1" }
}
