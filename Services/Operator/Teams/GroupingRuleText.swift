import Models

/// A grouping rule as a person writes it: `by=service,region match=env="prod" window=3600`.
enum GroupingRuleText {
    /// Why a text is no rule.
    struct Fault: Error, Sendable, Equatable {
        let reason: String
    }

    /// Longest window, as long as the longest reopen window.
    static let maxWindowSeconds = TeamSettings.reopenWindowRange.upperBound

    static func parse(_ text: String) throws(Fault) -> GroupingRule {
        var rule = GroupingRule(by: [])
        for word in words(text) {
            guard let equals = word.firstIndex(of: "=") else { throw Fault(reason: "'\(word)' is not name=value") }
            try read(name: String(word[..<equals]), value: String(word[word.index(after: equals)...]), into: &rule)
        }
        guard !rule.by.isEmpty else { throw Fault(reason: "by=LABEL is missing") }
        return rule
    }

    private static func read(name: String, value: String, into rule: inout GroupingRule) throws(Fault) {
        switch name {
        case "by":
            let labels = value.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmingBlanks() }
            guard rule.by.isEmpty else { throw Fault(reason: "by is given twice") }
            guard !labels.contains("") else { throw Fault(reason: "by names an empty label") }
            rule.by = labels
        case "match":
            guard let matcher = LabelMatcher(value) else { throw Fault(reason: "'\(value)' is no condition such as env=\"prod\"") }
            rule.matchers.append(matcher)
        case "window":
            guard let seconds = Int(value), (0...maxWindowSeconds).contains(seconds) else {
                throw Fault(reason: "window must be from 0 to \(maxWindowSeconds) seconds")
            }
            rule.windowSeconds = seconds
        default: throw Fault(reason: "'\(name)' is none of by, match, window")
        }
    }

    static func text(of rule: GroupingRule) -> String {
        var words = ["by=" + rule.by.joined(separator: ",")]
        words += rule.matchers.map { "match=\($0)" }
        if rule.windowSeconds > 0 { words.append("window=\(rule.windowSeconds)") }
        return words.joined(separator: " ")
    }

    /// Splits at blanks that are not within double quotes.
    private static func words(_ text: String) -> [Substring] {
        var isQuoted = false
        return text.split { character in
            if character == "\"" { isQuoted.toggle() }
            return character.isWhitespace && !isQuoted
        }
    }
}
