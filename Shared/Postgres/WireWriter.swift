/// Bytes in the order of the wire, most significant first.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

    mutating func add<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func add(byte: UInt8) { bytes.append(byte) }

    mutating func add(_ other: [UInt8]) { bytes.append(contentsOf: other) }

    mutating func add(raw: UnsafeRawBufferPointer) { bytes.append(contentsOf: raw) }

    mutating func add(_ text: String) {
        let isCopied: Void? = text.utf8.withContiguousStorageIfAvailable { bytes.append(contentsOf: $0) }
        if isCopied == nil { bytes.append(contentsOf: text.utf8) }
    }

    /// Writes a length before what `body` writes.
    mutating func counted(_ body: (inout WireWriter) -> Void) {
        let position = bytes.count
        add(Int32(0))
        body(&self)
        let length = UInt32(clamping: bytes.count - position - 4)
        for offset in 0..<4 { bytes[position + offset] = UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32(offset))) }
    }
}
