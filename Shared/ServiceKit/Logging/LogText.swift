/// Text from outside made fit for a log line.
enum LogText {
    /// Cuts `text` to `maxBytes` of UTF-8 on a scalar's border, with an ellipsis, and replaces what JSON does not escape although
    /// terminals and line readers act on it: DEL, the C1 controls (U+009B is a CSI), the Unicode line separators and direction marks;
    /// also U+0000, which many readers of JSON refuse.
    static func printable(_ text: String, maxBytes: Int) -> String {
        if isHarmless(text, maxBytes: maxBytes) { return text }
        var result = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            let written = isTrap(scalar) ? Unicode.Scalar(0xFFFD as UInt16) ?? "?" : scalar
            bytes += UTF8.width(written)
            if bytes > maxBytes {
                result.append("…")
                break
            }
            result.append(written)
        }
        return String(result)
    }

    private static func isHarmless(_ text: String, maxBytes: Int) -> Bool {
        text.utf8.count <= maxBytes && text.utf8.allSatisfy { $0 < 0x7F && $0 != 0 }
    }

    private static func isTrap(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0, 0x7F...0x9F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
