import Mustache

/// Escapes text for HTML by Unicode scalars. The library's own escaping goes by characters, and there a quote with an accent upon it
/// is one character that is no quote; to a browser it still ends the attribute.
struct EscapedHTML: MustacheContentType {
    static let name = "TOCSIN-HTML"

    func escapeText(_ text: String) -> String { Self.escape(text) }

    static func escape(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            // Text that turns the reading direction could make one name look like another.
            case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": escaped.append("\u{FFFD}")
            // Control characters are no HTML.
            case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}", "\u{7F}"..."\u{9F}": escaped.append("\u{FFFD}")
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
