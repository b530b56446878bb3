/// The name that a statement carries in its first line: `-- claim deliveries`.
enum StatementName {
    static let unnamed = "unnamed statement"

    static func of(_ sql: String) -> String {
        let first = sql.prefix { !$0.isNewline }.drop { $0.isWhitespace }
        guard first.hasPrefix("--") else { return unnamed }
        let name = first.dropFirst(2).drop { $0.isWhitespace }
        return name.isEmpty ? unnamed : String(name)
    }
}
