/// Writes JSON into memory that the caller has made large enough: for records whose length is known before they are written. Commas and
/// colons are the caller's. Nothing here looks at the end of the memory.
package struct JSONCursor {
    /// Where the next byte goes.
    package private(set) var end: UnsafeMutablePointer<UInt8>

    package init(_ start: UnsafeMutablePointer<UInt8>) { end = start }

    /// Bytes as they are.
    package mutating func literal(_ text: StaticString) {
        end.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        end += text.utf8CodeUnitCount
    }

    /// A string with its quotes and escapes.
    package mutating func string(_ text: UnsafeBufferPointer<UInt8>) {
        byte(UInt8(ascii: "\""))
        var start = 0
        while true {
            let at = JSONEscaping.firstUnfit(text, from: start)
            copy(text, start..<at)
            guard at < text.count else { break }
            escape(text[at])
            start = at + 1
        }
        byte(UInt8(ascii: "\""))
    }

    private mutating func byte(_ byte: UInt8) {
        end.pointee = byte
        end += 1
    }

    private mutating func copy(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        guard let base = text.baseAddress else { return }
        end.update(from: base + range.lowerBound, count: range.count)
        end += range.count
    }

    private mutating func escape(_ unfit: UInt8) {
        byte(UInt8(ascii: "\\"))
        if let letter = JSONEscaping.escape(of: unfit) { return byte(letter) }
        literal("u00")
        byte(JSONEscaping.hexDigit(unfit >> 4))
        byte(JSONEscaping.hexDigit(unfit & 0xF))
    }
}
