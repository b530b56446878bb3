import Models

/// Names one alert of a team.
struct AlertKey: Sendable, Hashable {
    let teamID: TeamID
    let fingerprint: Fingerprint

    init(teamID: TeamID, fingerprint: Fingerprint) {
        self.teamID = teamID
        self.fingerprint = fingerprint
    }

    init(_ signal: Signal) { self.init(teamID: signal.teamID, fingerprint: signal.fingerprint) }
}

/// What the database holds of one alert.
struct AlertEvidence: Sendable, Hashable {
    /// The row of the alert's latest occurrence.
    struct Occurrence: Sendable, Hashable {
        var incidentID: IncidentID?
        var isEnded: Bool
    }

    var status: Signal.Status
    var startsAt: Timestamp
    var lastSeenAt: Timestamp
    var resolveSeenAt: Timestamp?
    var incidentID: IncidentID?
    /// nil: the row is missing.
    var current: Occurrence?
    /// Rows of occurrences that have ended, and that have not.
    var ended: Int
    var open: Int
}

/// Says whether a signal that the grouper has passed left the trace that it must leave, whatever came after it. Follows from the rules of
/// the grouper (`Alert.take`): an alert's start never goes back, what fires again moves `last_seen_at`, and an end moves `resolve_seen_at`
/// unless a later start has made it past.
enum SignalCheck {
    enum Verdict: Sendable, Hashable {
        /// Took effect, or was legally overtaken.
        case ok
        case lost(reason: String, detail: String)
    }

    /// A firing so long after the end of the same occurrence outweighs it: seconds, `Alert.lateFiringSeconds` of the grouper.
    static let lateFiringSeconds = 300

    /// - Parameter evidence: nil where there is no row.
    static func verdict(on signal: Signal, _ evidence: AlertEvidence?) -> Verdict {
        guard let evidence else { return .lost(reason: "no_alert", detail: "the alert has no row") }
        guard evidence.startsAt >= signal.startsAt else {
            return .lost(
                reason: "start_unknown",
                detail: "it starts at \(signal.startsAt.rfc3339); the alert knows no start after \(evidence.startsAt.rfc3339)")
        }
        return signal.status == .firing ? firing(signal, evidence) : resolved(signal, evidence)
    }

    /// A firing is dropped only where its occurrence has ended, and an end leaves a row of the history.
    private static func firing(_ signal: Signal, _ evidence: AlertEvidence) -> Verdict {
        if evidence.lastSeenAt >= signal.receivedAt || evidence.ended > 0 { return .ok }
        return .lost(
            reason: "not_seen",
            detail: "received at \(signal.receivedAt.rfc3339); the alert was last seen at \(evidence.lastSeenAt.rfc3339)")
    }

    private static func resolved(_ signal: Signal, _ evidence: AlertEvidence) -> Verdict {
        if evidence.startsAt > signal.startsAt { return .ok }
        if let seen = evidence.resolveSeenAt, seen >= signal.receivedAt { return .ok }
        if evidence.lastSeenAt > signal.receivedAt.adding(seconds: lateFiringSeconds) { return .ok }
        return .lost(
            reason: "end_not_seen",
            detail: "its end was received at \(signal.receivedAt.rfc3339), and the alert does not know it")
    }

    /// What contradicts itself about an alert: reason and detail.
    static func contradictions(of evidence: AlertEvidence) -> [(status: VerifyStatus, reason: String, detail: String)] {
        var found: [(VerifyStatus, String, String)] = []
        if evidence.status == .firing, evidence.incidentID == nil { found.append((.lost, "no_incident", "it fires and has no incident")) }
        if evidence.open > 1 {
            found.append((.duplicate, "two_occurrences", "\(evidence.open) occurrences have not ended"))
        }
        guard let current = evidence.current else {
            found.append((.lost, "no_occurrence", "its latest occurrence has no row"))
            return found
        }
        if current.isEnded != (evidence.status == .resolved) {
            found.append((.wrong, "occurrence_end", "it is \(evidence.status.rawValue), its latest occurrence says otherwise"))
        }
        if evidence.status == .firing, current.incidentID != evidence.incidentID {
            found.append((.wrong, "occurrence_incident", "its latest occurrence belongs to another incident"))
        }
        return found
    }
}
