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

    package func rule(for labels: Labels) -> GroupingRule? {
        rules.first { rule in
            rule.by.allSatisfy { !(labels[$0] ?? "").isEmpty } && rule.matchers.allSatisfy { $0.matches(labels) }
        }
    }

    /// `service=checkout` or `service=checkout,region=eu`; an alert that no rule takes is a group of its own, `alert=<fingerprint>`.
    package func key(for labels: Labels, fingerprint: Fingerprint) -> GroupingKey {
        guard let rule = rule(for: labels) else { return GroupingKey("alert=\(fingerprint)") }
        return GroupingKey(rule.by.map { "\($0)=\(labels[$0] ?? "")" }.joined(separator: ","))
    }
}
