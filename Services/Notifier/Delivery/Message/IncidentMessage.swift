package import Models

/// What a message says, before it is dressed for a channel: plain text, cleaned, not escaped.
package struct IncidentMessage: Sendable, Hashable {
    package struct Detail: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    // Limits in UTF-16 units: labels and names have none that suits a message, and one character can be made of thousands of marks.
    static let maxTitleLength = 500
    static let maxDescriptionLength = 4000
    static let maxDetailLength = 200
    static let maxNameLength = 100
    static let maxReasonLength = 300

    package let emoji: String
    /// What happened, `opened`.
    package let word: String
    /// `#4711`
    package let number: String
    /// On one line.
    package let title: String
    /// What happened, as one sentence.
    package let sentence: String
    /// May have several lines; empty where nothing is known or it has been told before.
    package let description: String
    package let details: [Detail]
    package let severity: Severity
    /// The incident's page in the console.
    package let url: String?

    package init(_ event: IncidentEvent, consoleURL: String?) {
        let incident = event.incident
        let template = MessageTemplate.template(for: event.kind)
        emoji =
            switch template.emoji {
            case .fixed(let text): text
            case .severity: MessageTemplate.emoji(of: incident.severity)
            }
        word = template.word
        number = "#\(incident.number)"
        title = PlainText.fit(PlainText.line(incident.title), into: Self.maxTitleLength)
        sentence = MessageTemplate.fill(
            event.actor.kind == .system ? template.sentence : template.sentenceByActor, with: IncidentMessage.values(of: event))
        description = PlainText.fit(PlainText.clean(incident.description), into: Self.maxDescriptionLength)
        details = IncidentMessage.details(of: incident)
        severity = incident.severity
        url = consoleURL.map { "\($0)/incidents/\(incident.id)" }
    }

    /// `🔴 #4711 Disk full`
    package var headline: String { "\(emoji) \(number) \(title)" }

    /// `[CRITICAL] #4711 Disk full: opened`, for subjects and previews.
    package var subject: String { "\(emoji) [\(severity.rawValue.uppercased())] \(number) \(title): \(word)" }

    private static func values(of event: IncidentEvent) -> [String: String] {
        let incident = event.incident
        let elapsed = max(0, event.at.milliseconds(since: incident.createdAt) / 1000)
        return [
            "actor": name(of: event.actor),
            "severity": incident.severity.rawValue,
            "alerts": incident.firingCount == 1 ? "1 alert firing" : "\(incident.firingCount) alerts firing",
            "elapsed": Elapsed.words(seconds: elapsed),
            "reason": event.change.reason.map { ": " + PlainText.fit(PlainText.line($0), into: maxReasonLength) } ?? "",
            "times": incident.reopenCount == 1 ? "reopened once" : "reopened \(incident.reopenCount) times",
            "rise": event.change.previousSeverity.map { ", severity was \($0.rawValue)" } ?? "",
        ]
    }

    private static func name(of actor: Actor) -> String {
        let name = PlainText.fit(PlainText.line(actor.name), into: maxNameLength)
        return switch actor.kind {
        case .system: "Tocsin"
        case .key: "API key \(name)"
        case .person: name
        }
    }

    private static func details(of incident: Incident) -> [Detail] {
        var details = [
            Detail(name: "Severity", value: incident.severity.rawValue), Detail(name: "Status", value: incident.status.rawValue),
        ]
        for (label, name) in [("service", "Service"), ("instance", "Instance"), ("alertname", "Alert")] {
            guard let value = incident.labels[label], !value.isEmpty else { continue }
            details.append(Detail(name: name, value: PlainText.fit(PlainText.line(value), into: maxDetailLength)))
        }
        details.append(Detail(name: "Firing", value: "\(incident.firingCount) of \(incident.alertCount)"))
        if let assignee = incident.assigneeID {
            details.append(Detail(name: "Assignee", value: PlainText.fit(PlainText.line(assignee), into: maxNameLength)))
        }
        details.append(Detail(name: "Since", value: incident.createdAt.forPeople))
        return details
    }
}

enum Elapsed {
    /// `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`.
    static func words(seconds: Int64) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<86_400: seconds % 3600 < 60 ? "\(seconds / 3600) h" : "\(seconds / 3600) h \(seconds % 3600 / 60) min"
        default: seconds % 86_400 < 3600 ? "\(seconds / 86_400) d" : "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
        }
    }
}
