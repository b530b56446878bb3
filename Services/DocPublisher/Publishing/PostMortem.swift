package import Models

/// Makes the draft of a post-mortem from what was recorded. Same context, same blocks.
package enum PostMortem {
    package static let kind = "post_mortem"

    package static func title(of incident: Incident) -> String { "Post-mortem #\(incident.number): \(incident.title)" }

    package static func blocks(_ context: PostMortemContext) -> [Block] {
        [.heading(level: 1, title(of: context.incident))]
            + summary(context) + durations(context) + timeline(context) + alerts(context) + people(context) + messages(context)
            + questions
    }

    // MARK: Sections

    private static func summary(_ context: PostMortemContext) -> [Block] {
        let incident = context.incident
        var facts: [Block.Fact] = [
            .init("Team", context.teamName), .init("Status", incident.status.rawValue),
            .init("Severity", incident.severity.rawValue), .init("Group", incident.groupingKey.text),
            .init("Opened", incident.createdAt.forPeople),
        ]
        if let resolved = incident.resolvedAt { facts.append(.init("Resolved", resolved.forPeople)) }
        if let assignee = incident.assigneeID { facts.append(.init("Assignee", assignee)) }
        if incident.reopenCount > 0 { facts.append(.init("Reopened", times(incident.reopenCount))) }
        facts.append(.init("Alerts", "\(incident.alertCount)"))
        let text = incident.description.isEmpty ? [] : [Block.paragraph(incident.description)]
        return [.heading(level: 2, "Summary")] + text + [.facts(facts)]
    }

    private static func durations(_ context: PostMortemContext) -> [Block] {
        let incident = context.incident
        var facts: [Block.Fact] = []
        if let first = context.events.first(where: { $0.kind == .acknowledged }) {
            facts.append(.init("Time to acknowledge", durationText(seconds: first.at.seconds(since: incident.createdAt))))
        } else {
            facts.append(.init("Time to acknowledge", "nobody acknowledged it"))
        }
        if let resolved = incident.resolvedAt {
            facts.append(.init("Time to resolve", durationText(seconds: resolved.seconds(since: incident.createdAt))))
        }
        if let earliest = context.alerts.map(\.startsAt).min(), incident.createdAt.seconds(since: earliest) >= 1 {
            facts.append(.init("From the first alert to the incident", durationText(seconds: incident.createdAt.seconds(since: earliest))))
        }
        return [.heading(level: 2, "Durations"), .facts(facts)]
    }

    private static func timeline(_ context: PostMortemContext) -> [Block] {
        let rows = context.events.map { [$0.at.forPeople, sentence($0), "\($0.actor)"] }
        return [.heading(level: 2, "Timeline"), .table(header: ["Time", "What happened", "By"], rows: bounded(rows))]
    }

    /// The first and the last rows; a row in the middle says how many are left out.
    private static func bounded(_ rows: [[String]]) -> [[String]] {
        let limit = PostMortemContext.maxEvents
        guard rows.count > limit else { return rows }
        let left = rows.count - limit
        return rows.prefix(limit / 2) + [["…", "\(left) more events are left out here", ""]] + rows.suffix(limit - limit / 2)
    }

    private static func alerts(_ context: PostMortemContext) -> [Block] {
        let listed = context.alerts.prefix(PostMortemContext.maxAlerts)
        let rows = listed.map { alert in
            [
                alert.name, alert.severity.rawValue, alert.startsAt.forPeople, alert.endsAt?.forPeople ?? "still firing",
                alert.labels.filter { $0.key != "alertname" }.sortedPairs.map { "\($0.key)=\($0.value)" }.joined(separator: ", "),
            ]
        }
        let table = Block.table(header: ["Alert", "Severity", "Started", "Ended", "Labels"], rows: rows)
        let rest = context.alerts.count - listed.count
        return [.heading(level: 2, "Alerts"), table] + (rest > 0 ? [.paragraph("And \(rest) more.")] : [])
    }

    private static func people(_ context: PostMortemContext) -> [Block] {
        let acts = context.events.filter { $0.actor.kind != .system }
        guard !acts.isEmpty else { return [.heading(level: 2, "Who did what"), .paragraph("Nobody had to step in.")] }
        let rows = acts.map { [$0.actor.name, $0.kind.rawValue, $0.at.forPeople] }
        return [.heading(level: 2, "Who did what"), .table(header: ["Who", "What", "When"], rows: bounded(rows))]
    }

    private static func messages(_ context: PostMortemContext) -> [Block] {
        guard !context.messages.isEmpty else {
            return [.heading(level: 2, "Who was told"), .paragraph("No channel was told.")]
        }
        let rows = context.messages.map { [$0.channel, $0.kind, $0.state, $0.at?.forPeople ?? ""] }
        return [.heading(level: 2, "Who was told"), .table(header: ["Channel", "Message", "State", "When"], rows: bounded(rows))]
    }

    private static let questions: [Block] = [
        .heading(level: 2, "To be filled in"), .prompt("What was the impact on users?"), .prompt("What was the root cause?"),
        .prompt("What went well, what did not?"), .prompt("Which actions follow, who owns them, until when?"),
    ]

    // MARK: Sentences

    private static func sentence(_ event: IncidentEvent) -> String {
        let change = event.change
        var parts: [String] = []
        switch event.kind {
        case .opened: parts.append("Incident opened")
        case .acknowledged: parts.append("Acknowledged" + (event.incident.assigneeID.map { ", assigned to \($0)" } ?? ""))
        case .resolved: parts.append("Resolved")
        case .reopened: parts.append("Reopened")
        case .updated: break
        }
        if change.alertsFired > 0 { parts.append(counted(change.alertsFired, "alert") + " fired") }
        if change.alertsResolved > 0 { parts.append(counted(change.alertsResolved, "alert") + " resolved") }
        if let previous = change.previousSeverity { parts.append("severity \(previous.rawValue) → \(event.incident.severity.rawValue)") }
        if let reason = change.reason { parts.append(reason) }
        return parts.isEmpty ? "Updated" : parts.joined(separator: "; ")
    }

    private static func counted(_ count: Int, _ noun: String) -> String { count == 1 ? "1 \(noun)" : "\(count) \(noun)s" }

    private static func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }
}
