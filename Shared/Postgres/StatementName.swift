/// The name that a statement carries in its first line: `-- claim deliveries`. A text of one line without a comment is its own name
/// where it is a command such as COMMIT.
enum StatementName {
    static let unnamed = "unnamed statement"
    private static let commands: Set<String> = ["BEGIN", "COMMIT", "ROLLBACK"]

    static func of(_ sql: StaticString) -> String { of(sql.description) }

    static func of(_ sql: String) -> String {
        let first = sql.prefix { !$0.isNewline }.drop { $0.isWhitespace }
        guard first.hasPrefix("--") else { return commands.contains(sql) ? sql : unnamed }
        let name = first.dropFirst(2).drop { $0.isWhitespace }
        return name.isEmpty ? unnamed : String(name)
    }
}
