/// Cleaning of texts from outside before they are put into any message.
enum PlainText {
    /// Without control characters other than line breaks, and without the marks that turn the direction of writing: with them a text can
    /// show something else than it says (CVE-2021-42574).
    static func clean(_ text: String) -> String {
        var cleaned = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A: cleaned.append(scalar)
            case 0x09: cleaned.append(" ")
            case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0x2028, 0x2029: continue
            default: cleaned.append(scalar)
            }
        }
        return String(cleaned)
    }

    /// `clean`, on one line.
    static func line(_ text: String) -> String {
        clean(text).split(separator: "\n").joined(separator: " ")
    }

    /// As much of `text` as fits into `limit` after `escape`, with an ellipsis when something was cut. Never cuts within an escape.
    /// - Parameter limit: UTF-16 units of the escaped text, the strictest of the vendors' ways to count.
    static func fit(_ text: String, into limit: Int, escape: (Character) -> String) -> String {
        var fitted = ""
        var used = 0
        var endOfLastThatLeavesRoom = fitted.endIndex
        for character in text {
            let escaped = escape(character)
            let length = escaped.utf16.count
            if used + length > limit { return fitted[..<endOfLastThatLeavesRoom] + (limit > 0 ? "…" : "") }
            fitted += escaped
            used += length
            if used < limit { endOfLastThatLeavesRoom = fitted.endIndex }
        }
        return fitted
    }

    static func fit(_ text: String, into limit: Int) -> String { fit(text, into: limit) { String($0) } }
}
