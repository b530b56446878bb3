import Models

/// The words of every message, in one place. `{…}` stands for a value of the event; a value is put in once and never read as a template.
struct MessageTemplate: Sendable, Hashable {
    enum Emoji: Sendable, Hashable {
        case fixed(String)
        /// The colour of the incident's severity.
        case severity
    }

    let emoji: Emoji
    /// What happened, as one word of a subject: `opened`.
    let word: String
    /// For a change of the system: one sentence.
    let sentence: String
    /// For a change that a person or a key made.
    let sentenceByActor: String

    static func template(for kind: IncidentEvent.Kind) -> MessageTemplate {
        switch kind {
        case .opened:
            MessageTemplate(
                emoji: .severity, word: "opened", sentence: "A {severity} incident opened: {alerts}.",
                sentenceByActor: "{actor} opened a {severity} incident: {alerts}.")
        case .acknowledged:
            MessageTemplate(
                emoji: .fixed("👀"), word: "acknowledged", sentence: "Acknowledged {elapsed} after it began.",
                sentenceByActor: "{actor} acknowledged it {elapsed} after it began.")
        case .resolved:
            MessageTemplate(
                emoji: .fixed("✅"), word: "resolved", sentence: "Resolved after {elapsed}{reason}.",
                sentenceByActor: "{actor} resolved it after {elapsed}{reason}.")
        case .reopened:
            MessageTemplate(
                emoji: .fixed("🔁"), word: "reopened", sentence: "It is back ({times}): {alerts}.",
                sentenceByActor: "{actor} reopened it ({times}): {alerts}.")
        case .updated:
            MessageTemplate(
                emoji: .severity, word: "updated", sentence: "Now {severity}, {alerts}{rise}.",
                sentenceByActor: "Now {severity}, {alerts}{rise}.")
        }
    }

    static func emoji(of severity: Severity) -> String {
        switch severity {
        case .critical: "🔴"
        case .high: "🟠"
        case .medium: "🟡"
        case .low: "🔵"
        }
    }

    /// Puts the values of an event into a sentence.
    static func fill(_ sentence: String, with values: [String: String]) -> String {
        var filled = ""
        var rest = sentence[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            filled += rest[..<open]
            filled += values[String(rest[rest.index(after: open)..<close])] ?? ""
            rest = rest[rest.index(after: close)...]
        }
        return filled + rest
    }
}
