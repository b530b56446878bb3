/// A message in one of Telegram's mark-ups.
struct TelegramText {
    enum Format: String, Sendable, CaseIterable {
        case html
        case markdownv2

        var parseMode: String {
            switch self {
            case .html: "HTML"
            case .markdownv2: "MarkdownV2"
            }
        }
    }

    enum Piece {
        case text(String)
        case bold(String)
        case link(String, url: String)

        var plain: String {
            switch self {
            case .text(let text), .bold(let text), .link(let text, _): text
            }
        }
    }

    /// Characters after the mark-up is read: https://core.telegram.org/bots/api#sendmessage
    static let maxLength = 4096

    let pieces: [Piece]

    /// The description gives way when the whole is too long.
    init(_ message: IncidentMessage) {
        let head: [Piece] = [.bold(message.headline), .text("\n\(message.sentence)\n")]
        var tail: [Piece] = [.text("\n" + message.details.map { "\($0.name): \($0.value)\n" }.joined())]
        if let url = message.url { tail.append(.link("Open in Tocsin", url: url)) }
        let used = (head + tail).reduce(0) { $0 + $1.plain.utf16.count }
        guard !message.description.isEmpty else {
            pieces = head + tail
            return
        }
        let room = max(0, Self.maxLength - used - 2)
        pieces = head + [.text("\n" + PlainText.fit(message.description, into: room) + "\n")] + tail
    }

    func text(in format: Format) -> String {
        pieces.map { piece in
            switch format {
            case .html: Self.html(piece)
            case .markdownv2: Self.markdown(piece)
            }
        }.joined()
    }

    private static func html(_ piece: Piece) -> String {
        let text = Escaping.html.escape(piece.plain)
        return switch piece {
        case .text: text
        case .bold: "<b>\(text)</b>"
        case .link(_, let url): "<a href=\"\(Escaping.html.escape(url))\">\(text)</a>"
        }
    }

    private static func markdown(_ piece: Piece) -> String {
        let text = Escaping.markdownV2.escape(piece.plain)
        switch piece {
        case .text: return text
        case .bold: return "*\(text)*"
        case .link(_, let url):
            // Within the parentheses only `)` and `\` have a meaning.
            return "[\(text)](\(url.map { ")\\".contains($0) ? "\\\($0)" : String($0) }.joined()))"
        }
    }
}
