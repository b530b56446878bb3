extension [UInt8] {
    /// Appends the inside of a JSON string (RFC 8259 section 7): `"`, `\` and U+0000...U+001F escaped, all else as it is.
    mutating func append(escaping text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for at in text.indices where text[at].needsEscape {
            append(contentsOf: text[start..<at])
            append(escapeOf: text[at])
            start = at + 1
        }
        append(contentsOf: text[start...])
    }

    private mutating func append(escapeOf byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
        case 0x08: append(UInt8(ascii: "b"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0C: append(UInt8(ascii: "f"))
        case 0x0D: append(UInt8(ascii: "r"))
        default: append(contentsOf: [0x75, 0x30, 0x30, (byte >> 4).hexDigit, (byte & 0xF).hexDigit])
        }
    }
}

extension UInt8 {
    fileprivate var needsEscape: Bool { self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\") }

    /// The digit for 0...15, lower case.
    fileprivate var hexDigit: UInt8 { self < 10 ? 0x30 + self : 0x57 + self }
}
