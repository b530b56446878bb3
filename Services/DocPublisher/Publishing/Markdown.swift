/// Writes blocks as CommonMark with GitHub's tables. Text from alerts stays text: it makes no markup.
package enum Markdown {
    package static func render(_ blocks: [Block]) -> String {
        blocks.map(render).joined(separator: "\n\n") + "\n"
    }

    private static func render(_ block: Block) -> String {
        switch block {
        case .heading(let level, let text): String(repeating: "#", count: level) + " " + escape(text)
        case .paragraph(let text): numbered(escape(text))
        case .facts(let facts): facts.map { "- **\(escape($0.name)):** \(escape($0.value))" }.joined(separator: "\n")
        case .table(let header, let rows): table(header, rows)
        case .prompt(let question): "> _\(escape(question))_"
        }
    }

    /// A paragraph that starts like `1.` would be a list.
    private static func numbered(_ text: String) -> String {
        let digits = text.prefix { $0.isNumber }
        guard !digits.isEmpty, let next = text.dropFirst(digits.count).first, next == "." || next == ")" else { return text }
        return digits + "\\" + text.dropFirst(digits.count)
    }

    private static func table(_ header: [String], _ rows: [[String]]) -> String {
        let lines = [header.map(escape), header.map { _ in "---" }] + rows.map { $0.map(escape) }
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    /// Characters that could make markup, raw HTML, a link or a table cell wherever they stand; a backslash before them makes them plain
    /// (CommonMark 2.4).
    private static let special: Set<Character> = ["\\", "`", "*", "_", "[", "]", "<", ">", "|", "~", "&"]
    /// Characters that make a heading, a list or a rule only at the start of a line.
    private static let specialAtStart: Set<Character> = ["#", "+", "-", "=", ":"]

    /// Text as it should be read: on one line, without markup, control characters dropped.
    package static func escape(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count + 16)
        for character in text {
            if character.isNewline || character == "\t" {
                escaped.append(" ")
            } else if special.contains(character) || (escaped.isEmpty && specialAtStart.contains(character)) {
                escaped.append("\\")
                escaped.append(character)
            } else if character.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 }) {
                escaped.append(character)
            }
        }
        return escaped
    }
}
