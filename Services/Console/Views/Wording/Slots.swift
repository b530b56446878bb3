import Models

/// What a template fills in, by name. Text goes in as it is: the template's `{{ }}` escapes it.
typealias Slots = [String: Any]

/// Small pieces that several pages show.
enum Pieces {
    static func severity(_ severity: Severity) -> Slots {
        ["severityClass": "severity-\(severity.rawValue)", "severityWord": Wording.severity(severity)]
    }

    static func status(_ status: Incident.Status) -> Slots {
        ["statusClass": "status-\(status.rawValue)", "statusWord": Wording.status(status)]
    }

    static func time(_ time: Timestamp, now: Timestamp) -> Slots {
        ["machine": time.rfc3339, "exact": time.forPeople, "ago": Wording.ago(time, now: now)]
    }

    static func labels(_ labels: Labels) -> [Slots] {
        labels.sortedPairs.map { ["labelName": $0.key, "labelValue": $0.value] }
    }

    /// One line of a list of incidents.
    static func row(_ incident: Incident, now: Timestamp) -> Slots {
        var slots: Slots = [
            "number": "\(incident.number)", "incidentTitle": incident.title, "opened": time(incident.createdAt, now: now),
            "firing": incident.firingCount > 0 ? Wording.count(incident.firingCount, "alert firing", "alerts firing") : "no alert firing",
            "hasService": incident.labels["service"] != nil, "service": incident.labels["service"] ?? "",
            "hasAssignee": incident.assigneeID != nil, "assignee": incident.assigneeID ?? "",
            "reopened": incident.reopenCount > 0, "reopenCount": "\(incident.reopenCount)",
        ]
        slots.merge(severity(incident.severity)) { first, _ in first }
        slots.merge(status(incident.status)) { first, _ in first }
        return slots
    }

    /// Only http and https become links: a label may hold `javascript:` as well.
    static func webAddress(_ text: String?) -> String? {
        guard let text, text.utf8.count <= 2048 else { return nil }
        let start = text.prefix(8).lowercased()
        return start.hasPrefix("http://") || start.hasPrefix("https://") ? text : nil
    }
}
