/// One rule of a team: alerts that match and carry all the labels are grouped by them.
package struct GroupingRule: Sendable, Hashable {
    /// All must hold; none means every alert.
    package var matchers: [LabelMatcher]
    /// Label names whose values make the key, in this order. Not empty.
    package var by: [String]
    /// An open incident that saw no change for longer takes no new alert: a new incident opens. 0: no limit.
    package var windowSeconds: Int

    package init(matchers: [LabelMatcher] = [], by: [String], windowSeconds: Int = 0) {
        self.matchers = matchers
        self.by = by
        self.windowSeconds = windowSeconds
    }
}

/// A team's grouping rules in order; the first that applies decides.
package struct GroupingRules: Sendable, Hashable {
    package var rules: [GroupingRule]

    package init(_ rules: [GroupingRule]) { self.rules = rules }

    /// By service, else by instance, else by alert name.
    package static let standard = GroupingRules([
        GroupingRule(by: ["service"]), GroupingRule(by: ["instance"]), GroupingRule(by: ["alertname"]),
    ])

    package func rule(for labels: Labels) -> GroupingRule? { rule { labels[$0] } }

    private func rule(_ value: (_ label: String) -> String?) -> GroupingRule? {
        rules.first { rule in
            rule.by.allSatisfy { !(value($0) ?? "").isEmpty } && rule.matchers.allSatisfy { $0.matches(value($0.label)) }
        }
    }

    /// `service=checkout` or `service=checkout,region=eu`; an alert that no rule takes is a group of its own, `alert=<fingerprint>`.
    package func key(for labels: Labels, fingerprint: Fingerprint) -> GroupingKey { key(fingerprint: fingerprint) { labels[$0] } }

    /// As of a dictionary with the same labels.
    package func key(for labels: LabelSet, fingerprint: Fingerprint) -> GroupingKey { key(fingerprint: fingerprint) { labels[$0] } }

    private func key(fingerprint: Fingerprint, _ value: (_ label: String) -> String?) -> GroupingKey {
        guard let rule = rule(value) else { return GroupingKey("alert=\(fingerprint)") }
        var text = ""
        for name in rule.by { text += (text.isEmpty ? "" : ",") + name + "=" + (value(name) ?? "") }
        return GroupingKey(text)
    }
}
