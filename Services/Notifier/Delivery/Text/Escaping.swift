/// How text that others wrote is made literal where it goes.
package enum Escaping: Sendable, CaseIterable {
    /// Slack: three characters only (https://docs.slack.dev/messaging/formatting-message-text#escaping). Mentions and links are written
    /// with `<`, so that `<!channel>` and `<@U1>` become plain text.
    case slack
    /// HTML text and attribute values in quotes; also Telegram's HTML (https://core.telegram.org/bots/api#html-style).
    case html
    /// Telegram's MarkdownV2 (https://core.telegram.org/bots/api#markdownv2-style).
    case markdownV2

    package func escape(_ character: Character) -> String {
        switch self {
        case .slack:
            switch character {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            default: Escaping.perScalar(character, self)
            }
        case .html:
            switch character {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case "'": "&#39;"
            default: Escaping.perScalar(character, self)
            }
        case .markdownV2:
            Escaping.markdownSigns.contains(character) ? "\\" + String(character) : Escaping.perScalar(character, self)
        }
    }

    private static let markdownSigns: Set<Character> = Set(#"_*[]()~`>#+-=|{}.!\"#)

    /// A sign with a combining mark is another `Character`, but the receiver reads scalar by scalar.
    private static func perScalar(_ character: Character, _ escaping: Escaping) -> String {
        let scalars = character.unicodeScalars
        guard scalars.count > 1 else { return String(character) }
        return scalars.map { escaping.escape(Character($0)) }.joined()
    }

    package func escape(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count + 16)
        for character in text { escaped += escape(character) }
        return escaped
    }

    /// `escape`, cut to `limit` UTF-16 units.
    func fit(_ text: String, into limit: Int) -> String { PlainText.fit(text, into: limit, escape: escape) }
}
