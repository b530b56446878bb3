/// Writes compact JSON into bytes, in the order of the calls. It sets commas and escapes; that every key gets one value
/// and no name comes twice is the caller's part.
package struct JSONWriter: Sendable {
    /// What was written so far.
    package private(set) var bytes: [UInt8] = []
    /// Whether the next key or value follows another in the same container.
    private var followsSibling = false

    /// - Parameter reserving: bytes to make room for at once.
    package init(reserving: Int = 256) {
        bytes.reserveCapacity(reserving)
    }

    package mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try container(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    package mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try container(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    private mutating func container(_ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) throws -> Void) rethrows {
        separate()
        bytes.append(open)
        followsSibling = false
        try body(&self)
        bytes.append(close)
        followsSibling = true
    }

    /// Begins a member; its value is the next thing written.
    package mutating func key(_ name: String) {
        value(name)
        bytes.append(UInt8(ascii: ":"))
        followsSibling = false
    }

    /// Begins a member; its value is the next thing written.
    package mutating func key(_ name: StaticString) {
        string(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: ":"))
        followsSibling = false
    }

    package mutating func value(_ text: String) {
        // A native Swift string lends its bytes without a copy.
        var text = text
        text.withUTF8 { string($0) }
    }

    package mutating func value(_ number: Int) { token("\(number)") }

    package mutating func value(_ number: Int64) { token("\(number)") }

    /// The shortest digits that read back as the same number; `null` for infinity and NaN, which JSON does not have.
    package mutating func value(_ number: Double) {
        number.isFinite ? token("\(number)") : null()
    }

    package mutating func value(_ truth: Bool) { token(truth ? "true" : "false") }

    package mutating func null() { token("null") }

    /// Writes bytes that are one whole JSON value already. They are not checked.
    package mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Writes a string from its UTF-8.
    mutating func string(_ text: UnsafeBufferPointer<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(escaping: text)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func token(_ ascii: String) {
        separate()
        bytes.append(contentsOf: ascii.utf8)
    }

    private mutating func separate() {
        if followsSibling { bytes.append(UInt8(ascii: ",")) }
        followsSibling = true
    }
}
