/// A condition on one label, written as in Alertmanager: `severity=critical`, `env!=dev`, `service=~check.*|cart`, `team!~ops.*`.
/// A missing label counts as the empty string. Patterns are whole-value matches made of literals, `.*` and `|`: they run in linear time
/// whatever the alert says.
package struct LabelMatcher: Sendable, Hashable, CustomStringConvertible {
    package enum Operation: String, Sendable, CaseIterable {
        case equal = "="
        case notEqual = "!="
        case matches = "=~"
        case notMatches = "!~"
    }

    package static let maxBytes = 1024

    package let label: String
    package let operation: Operation
    package let value: String
    /// Read once: a matcher is asked about every event of its team. nil where there is no pattern, or one that cannot be read.
    private let pattern: WildcardPattern?

    package init(label: String, operation: Operation, value: String) {
        self.label = label
        self.operation = operation
        self.value = value
        pattern = operation == .matches || operation == .notMatches ? WildcardPattern(value) : nil
    }

    /// Reads `name=value`, with optional double quotes around the value.
    /// - Returns: nil when there is no operator, no name, an over-long text, or a pattern with other regular-expression signs.
    package init?(_ text: String) {
        guard text.utf8.count <= LabelMatcher.maxBytes, let start = text.firstIndex(where: { $0 == "=" || $0 == "!" }) else { return nil }
        let rest = text[start...]
        guard let operation = [Operation.notEqual, .notMatches, .matches, .equal].first(where: { rest.hasPrefix($0.rawValue) }) else {
            return nil
        }
        let label = String(text[..<start]).trimmingBlanks()
        var value = String(rest.dropFirst(operation.rawValue.count)).trimmingBlanks()
        if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = String(value.dropFirst().dropLast()) }
        guard !label.isEmpty, !label.contains(" ") else { return nil }
        self.init(label: label, operation: operation, value: value)
        if operation == .matches || operation == .notMatches, pattern == nil { return nil }
    }

    package func matches(_ labels: Labels) -> Bool { matches(labels[label]) }

    /// - Parameter actual: the label's value; nil where it is missing.
    func matches(_ actual: String?) -> Bool {
        let actual = actual ?? ""
        switch operation {
        case .equal: return actual == value
        case .notEqual: return actual != value
        case .matches: return pattern?.matches(actual) ?? false
        case .notMatches: return !(pattern?.matches(actual) ?? true)
        }
    }

    package var description: String { "\(label)\(operation.rawValue)\"\(value)\"" }
}

/// Alternatives of literals and `.*`, matched against the whole value.
struct WildcardPattern: Sendable, Hashable {
    /// Each alternative as the literals between its `.*`.
    private let alternatives: [[Substring]]

    init?(_ text: String) {
        var alternatives: [[Substring]] = []
        for alternative in text.split(separator: "|", omittingEmptySubsequences: false) {
            let pieces = alternative.split(separator: ".*", omittingEmptySubsequences: false)
            guard !pieces.contains(where: { $0.contains { "[](){}^$+?*\\".contains($0) } }) else { return nil }
            alternatives.append(pieces)
        }
        self.alternatives = alternatives
    }

    func matches(_ value: String) -> Bool { alternatives.contains { WildcardPattern.matches(value, pieces: $0) } }

    /// First piece at the start, last piece at the end, the others in order between: each is looked for once.
    private static func matches(_ value: String, pieces: [Substring]) -> Bool {
        guard let first = pieces.first, let last = pieces.last else { return value.isEmpty }
        guard pieces.count > 1 else { return value == first }
        guard value.utf8.count >= first.utf8.count + last.utf8.count, value.hasPrefix(first), value.hasSuffix(last) else { return false }
        var rest = value.dropFirst(first.count).dropLast(last.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let found = rest.firstRange(of: piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}

extension String {
    package func trimmingBlanks() -> String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
