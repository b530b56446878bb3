import Models

/// Values in words for people.
enum Wording {
    /// `4 min 12 s`; two units at most.
    static func duration(milliseconds: Double?) -> String {
        guard let milliseconds else { return "–" }
        let seconds = Int64(max(0, milliseconds / 1000).rounded())
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3600: return two(seconds / 60, "min", seconds % 60, "s")
        case ..<86_400: return two(seconds / 3600, "h", seconds % 3600 / 60, "min")
        default: return two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
        }
    }

    private static func two(_ big: Int64, _ bigUnit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(big) \(bigUnit)" : "\(big) \(bigUnit) \(small) \(smallUnit)"
    }

    /// `5 min ago`
    static func ago(_ time: Timestamp, now: Timestamp) -> String {
        let seconds = Int(now.seconds(since: time))
        switch seconds {
        case ..<10: return "just now"
        case ..<60: return "\(seconds) s ago"
        case ..<3600: return "\(seconds / 60) min ago"
        case ..<86_400: return "\(seconds / 3600) h ago"
        default: return "\(seconds / 86_400) d ago"
        }
    }

    static func count(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }

    static func status(_ status: Incident.Status) -> String { status.rawValue.capitalisedFirst }

    static func severity(_ severity: Severity) -> String { severity.rawValue.capitalisedFirst }

    static func actor(_ actor: Actor) -> String {
        switch actor.kind {
        case .system: "Tocsin"
        case .key: "key \(actor.name)"
        case .person: actor.name
        }
    }

    static func event(_ event: IncidentEvent) -> String {
        switch event.kind {
        case .opened: "Opened"
        case .updated: "Changed"
        case .acknowledged: "Acknowledged"
        case .resolved: "Resolved"
        case .reopened: "Reopened"
        }
    }

    /// What an event changed; empty when its name says it all.
    static func change(_ event: IncidentEvent) -> String {
        var parts: [String] = []
        if event.change.alertsFired > 0 { parts.append("\(count(event.change.alertsFired, "alert", "alerts")) fired") }
        if event.change.alertsResolved > 0 { parts.append("\(count(event.change.alertsResolved, "alert", "alerts")) resolved") }
        if let before = event.change.previousSeverity {
            parts.append("severity \(severity(before)) → \(severity(event.incident.severity))")
        }
        if event.kind == .acknowledged, let assignee = event.incident.assigneeID { parts.append("assigned to \(assignee)") }
        if let reason = event.change.reason { parts.append(reason) }
        return parts.joined(separator: "; ")
    }

    static func delivery(_ state: String) -> String {
        switch state {
        case "pending": "Waiting"
        case "sending": "Being sent"
        case "sent": "Sent"
        case "dead": "Given up"
        case "in_doubt": "In doubt"
        case "suppressed": "Held back"
        default: state
        }
    }
}

extension String {
    var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
