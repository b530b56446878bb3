/// Finds where bytes stop being JSON. simdjson is fast because it does not know; this runs only for what it refused.
/// Grammar of RFC 8259; does not check UTF-8 or the range of numbers. Linear, one byte of memory per level.
struct SyntaxLocator {
    private enum Expected { case value, elementOrEnd, memberOrEnd, member, colon, commaOrEnd, nothing }

    private let bytes: UnsafeRawBufferPointer
    private var at = 0
    private var expected = Expected.value
    /// `{` or `[` of each open container.
    private var open: [UInt8] = []

    private init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Offset of the first byte that cannot follow (the count of bytes if more had to come) and whether the document was
    /// complete before it; `nil` if there is none.
    static func fault(in bytes: UnsafeRawBufferPointer) -> (offset: Int, isTrailing: Bool)? {
        var locator = SyntaxLocator(bytes)
        repeat { locator.skip(while: isSpace) } while locator.at < bytes.count && locator.step()
        if locator.at == bytes.count, locator.expected == .nothing { return nil }
        return (locator.at, locator.expected == .nothing)
    }

    /// Reads one token; false, standing on the byte at fault, if it may not be here.
    private mutating func step() -> Bool {
        let byte = bytes[at]
        switch expected {
        case .nothing: return false
        case .colon: return byte == UInt8(ascii: ":") && advance(to: .value)
        case .member: return string() && advance(by: 0, to: .colon)
        case .memberOrEnd: return byte == UInt8(ascii: "}") ? close() : string() && advance(by: 0, to: .colon)
        case .elementOrEnd: return byte == UInt8(ascii: "]") ? close() : value(byte)
        case .value: return value(byte)
        case .commaOrEnd: return commaOrEnd(byte)
        }
    }

    private mutating func advance(by count: Int = 1, to next: Expected) -> Bool {
        at += count
        expected = next
        return true
    }

    private mutating func commaOrEnd(_ byte: UInt8) -> Bool {
        let isObject = open.last == UInt8(ascii: "{")
        if byte == UInt8(ascii: ",") { return advance(to: isObject ? .member : .value) }
        return byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) && close()
    }

    private mutating func close() -> Bool {
        open.removeLast()
        return advance(to: open.isEmpty ? .nothing : .commaOrEnd)
    }

    private mutating func value(_ byte: UInt8) -> Bool {
        if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
            open.append(byte)
            return advance(to: byte == UInt8(ascii: "{") ? .memberOrEnd : .elementOrEnd)
        }
        return scalar(byte) && advance(by: 0, to: open.isEmpty ? .nothing : .commaOrEnd)
    }

    private mutating func scalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""): string()
        case UInt8(ascii: "t"): word("true")
        case UInt8(ascii: "f"): word("false")
        case UInt8(ascii: "n"): word("null")
        default: number()
        }
    }

    private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skip(while matches: (UInt8) -> Bool) {
        while let byte = current, matches(byte) { at += 1 }
    }

    private mutating func word(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { letters in
            letters.allSatisfy { letter in
                guard current == letter else { return false }
                at += 1
                return true
            }
        }
    }

    private mutating func string() -> Bool {
        guard current == UInt8(ascii: "\"") else { return false }
        at += 1
        while true {
            skip { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            if current == UInt8(ascii: "\\") {
                guard escape() else { return false }
            } else {
                guard current == UInt8(ascii: "\"") else { return false }
                at += 1
                return true
            }
        }
    }

    private mutating func escape() -> Bool {
        at += 1
        guard let kind = current, "\"\\/bfnrtu".utf8.contains(kind) else { return false }
        at += 1
        guard kind == UInt8(ascii: "u") else { return true }
        for _ in 0..<4 {
            guard let digit = current, Self.isHexDigit(digit) else { return false }
            at += 1
        }
        return true
    }

    private mutating func number() -> Bool {
        if current == UInt8(ascii: "-") { at += 1 }
        if current == UInt8(ascii: "0") { at += 1 } else if !digits() { return false }
        if current == UInt8(ascii: ".") {
            at += 1
            guard digits() else { return false }
        }
        guard current == UInt8(ascii: "e") || current == UInt8(ascii: "E") else { return true }
        at += 1
        if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { at += 1 }
        return digits()
    }

    /// At least one.
    private mutating func digits() -> Bool {
        let start = at
        skip { (0x30...0x39).contains($0) }
        return at > start
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}
