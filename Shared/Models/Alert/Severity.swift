/// How bad it is. Ordered: `.low < .critical`.
package enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
    case low, medium, high, critical

    package var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        case .critical: 3
        }
    }

    package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

    /// The published mapping table (docs/integrations/severity.md): the words of Alertmanager users, PagerDuty (`critical`, `error`,
    /// `warning`, `info`), Grafana and Opsgenie (`P1`…`P5`), ServiceNow. Case and surrounding blanks do not matter.
    package static let words: [String: Severity] = [
        "critical": .critical, "crit": .critical, "p0": .critical, "sev0": .critical, "sev1": .critical, "page": .critical,
        "emergency": .critical, "disaster": .critical, "fatal": .critical, "blocker": .critical,
        "high": .high, "p1": .high, "error": .high, "err": .high, "major": .high, "sev2": .high, "alert": .high, "severe": .high,
        "medium": .medium, "p2": .medium, "warning": .medium, "warn": .medium, "moderate": .medium, "minor": .medium, "sev3": .medium,
        "average": .medium, "ticket": .medium,
        "low": .low, "p3": .low, "p4": .low, "p5": .low, "info": .low, "information": .low, "informational": .low, "notice": .low,
        "debug": .low, "none": .low, "ok": .low, "sev4": .low, "sev5": .low,
    ]

    /// What an alert without a known severity word gets.
    package static let unknown: Severity = .medium

    /// nil when the word is in no row of the table.
    package init?(word: String) {
        let trimmed = word.trimmingBlanks().lowercased()
        guard let severity = Severity.words[trimmed] else { return nil }
        self = severity
    }

    /// The labels that carry a severity, first match wins.
    package static let labelNames = ["severity", "priority", "level"]

    /// The severity that an alert's labels state, else `unknown`.
    package init(labels: Labels) {
        for name in Severity.labelNames {
            if let word = labels[name], let severity = Severity(word: word) {
                self = severity
                return
            }
        }
        self = .unknown
    }
}
