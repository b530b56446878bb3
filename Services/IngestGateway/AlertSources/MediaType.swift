/// The value of a `Content-Type` header (RFC 9110, section 8.3.1), names in lower case.
package struct MediaType: Sendable, Hashable {
    /// `application/json`, without parameters.
    package let essence: String
    package let charset: String?

    /// nil: not `type/subtype` of token characters, or longer than 256 bytes.
    package init?(_ text: String) {
        // What nearly everybody sends.
        if text == "application/json" {
            essence = text
            charset = nil
            return
        }
        guard text.utf8.count <= 256 else { return nil }
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        guard let first = parts.first else { return nil }
        let essence = MediaType.trim(first).lowercased()
        let names = essence.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(MediaType.isToken) }) else { return nil }
        self.essence = essence
        self.charset = parts.dropFirst().lazy.compactMap(MediaType.charset).first
    }

    package var isJSON: Bool { essence == "application/json" || essence.hasSuffix("+json") }

    /// No charset is UTF-8: JSON has no other since RFC 8259.
    package var isUTF8: Bool { charset == nil || charset == "utf-8" || charset == "utf8" || charset == "us-ascii" }

    private static func charset(_ parameter: Substring) -> String? {
        let pair = parameter.split(separator: "=", maxSplits: 1)
        guard pair.count == 2, trim(pair[0]).lowercased() == "charset" else { return nil }
        return trim(pair[1]).lowercased().filter { $0 != "\"" }
    }

    private static func trim(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }

    /// RFC 9110, section 5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
