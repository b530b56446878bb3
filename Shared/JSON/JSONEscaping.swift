/// The escapes of a JSON string (RFC 8259 section 7): `"`, `\` and U+0000...U+001F; all else stays as it is.
package enum JSONEscaping {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// Bytes that escaping adds to the text.
    package static func added(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        var added = 0
        var at = firstUnfit(text, from: 0)
        while at < text.count {
            added += escape(of: text[at]) == nil ? 5 : 1
            at = firstUnfit(text, from: at + 1)
        }
        return added
    }

    /// Place of the first byte that needs an escape; the count where none does. Looks at eight bytes at once.
    static func firstUnfit(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        guard let base = text.baseAddress else { return text.count }
        var at = start
        while at + 8 <= text.count {
            let word = UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self)
            if isUnfit(word) { break }
            at += 8
        }
        while at < text.count, !needsEscape(base[at]) { at += 1 }
        return at
    }

    /// Whether one of the eight bytes needs an escape; may also say so of bytes behind one that does, never of eight that do not.
    private static func isUnfit(_ word: UInt64) -> Bool {
        let controls = (word &- ones &* 0x20) & ~word
        let quotes = word ^ ones &* UInt64(UInt8(ascii: "\""))
        let slashes = word ^ ones &* UInt64(UInt8(ascii: "\\"))
        return (controls | (quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes) & tops != 0
    }

    static func needsEscape(_ byte: UInt8) -> Bool { byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") }

    /// The letter behind the backslash; nil: `u00` and two hex digits.
    static func escape(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        default: nil
        }
    }

    /// The digit for 0...15, lower case.
    static func hexDigit(_ number: UInt8) -> UInt8 { number < 10 ? 0x30 + number : 0x57 + number }
}
