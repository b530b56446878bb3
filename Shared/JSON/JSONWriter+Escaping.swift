extension [UInt8] {
    /// Appends the inside of a JSON string.
    mutating func append(escaping text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        while true {
            let at = JSONEscaping.firstUnfit(text, from: start)
            append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<at]))
            guard at < text.count else { return }
            append(escapeOf: text[at])
            start = at + 1
        }
    }

    private mutating func append(escapeOf byte: UInt8) {
        append(UInt8(ascii: "\\"))
        if let letter = JSONEscaping.escape(of: byte) {
            append(letter)
        } else {
            append(contentsOf: [0x75, 0x30, 0x30, JSONEscaping.hexDigit(byte >> 4), JSONEscaping.hexDigit(byte & 0xF)])
        }
    }
}
