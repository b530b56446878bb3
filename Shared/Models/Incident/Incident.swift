/// One thing that is wrong, as it stands after its latest event.
package struct Incident: Sendable, Hashable {
    package enum Status: String, Sendable, CaseIterable {
        /// Nobody has taken it. Next: acknowledged, resolved.
        case open
        /// Somebody works on it. Next: resolved.
        case acknowledged
        /// Over. Next: open again, when an alert of its group fires within the team's reopen window.
        case resolved
    }

    /// Longest title in characters as PostgreSQL counts them: Unicode scalars. Longer ones are cut with an ellipsis (S2-48).
    package static let maxTitleCharacters = 500
    /// Longest description in Unicode scalars.
    package static let maxDescriptionCharacters = 4000
    /// Longest name of an assignee in Unicode scalars.
    package static let maxAssigneeCharacters = 255

    package var id: IncidentID
    package var teamID: TeamID
    /// What people call it, `#4711`. Unique over the installation, rising, with gaps.
    package var number: Int64
    package var title: String
    package var description: String
    package var status: Status
    /// The worst of its alerts; falls only when the incident reopens.
    package var severity: Severity
    package var groupingKey: GroupingKey
    /// The labels that all of its alerts had when it opened.
    package var labels: Labels
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    /// The acknowledgement in force; nil after a reopen, and for ever when nobody acknowledged.
    package var ackedAt: Timestamp?
    package var resolvedAt: Timestamp?
    package var assigneeID: String?
    /// Set while no alert of it fires but the team's hold has not passed: then it resolves.
    package var resolveDueAt: Timestamp?
    package var reopenCount: Int
    package var alertCount: Int
    package var firingCount: Int
    /// Sequence number of its latest event, from 1.
    package var sequence: Int64

    package init(
        id: IncidentID, teamID: TeamID, number: Int64, title: String, description: String, status: Status, severity: Severity,
        groupingKey: GroupingKey, labels: Labels, createdAt: Timestamp, updatedAt: Timestamp, ackedAt: Timestamp? = nil,
        resolvedAt: Timestamp? = nil, assigneeID: String? = nil, resolveDueAt: Timestamp? = nil, reopenCount: Int = 0,
        alertCount: Int = 0, firingCount: Int = 0, sequence: Int64 = 0
    ) {
        self.id = id
        self.teamID = teamID
        self.number = number
        self.title = title
        self.description = description
        self.status = status
        self.severity = severity
        self.groupingKey = groupingKey
        self.labels = labels
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.ackedAt = ackedAt
        self.resolvedAt = resolvedAt
        self.assigneeID = assigneeID
        self.resolveDueAt = resolveDueAt
        self.reopenCount = reopenCount
        self.alertCount = alertCount
        self.firingCount = firingCount
        self.sequence = sequence
    }
}

extension Incident {
    /// Cuts a text to a number of Unicode scalars, the last being an ellipsis when something was cut. What people see as one character
    /// (an emoji with its modifiers, a letter with its accents) is kept or dropped whole.
    package static func cut(_ text: String, to limit: Int) -> String {
        guard text.unicodeScalars.count > limit else { return text }
        var scalars = 0
        let kept = text.prefix { character in
            scalars += character.unicodeScalars.count
            return scalars < limit
        }
        return kept + "…"
    }

    /// Title of a new incident: the alert's `summary` or `title` annotation, else its name, with the place it happens.
    package static func title(for signal: Signal) -> String {
        let place = signal.labels["service"] ?? signal.labels["instance"] ?? signal.labels["job"]
        let text =
            ["summary", "title"].compactMap { signal.annotations[$0] }.first { !$0.isEmpty } ?? signal.labels["alertname"]
            ?? "Alert \(signal.fingerprint)"
        guard let place, !text.contains(place) else { return cut(text, to: maxTitleCharacters) }
        return cut("\(text) (\(place))", to: maxTitleCharacters)
    }

    /// Description of a new incident: the alert's `description` or `message` annotation, else empty.
    package static func description(for signal: Signal) -> String {
        cut(
            ["description", "message"].compactMap { signal.annotations[$0] }.first { !$0.isEmpty } ?? "",
            to: maxDescriptionCharacters)
    }
}
