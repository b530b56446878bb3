/// One field of an HTTP message. Names compare without regard to case.
package struct Header: Sendable, Hashable {
    /// The name as written; an HTTP token.
    package var name: String
    /// The value without surrounding white space; never holds CR, LF or NUL when it is sent.
    package var value: String

    /// A header from its two halves.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// False for anything that could end the line and begin another (RFC 9110 section 5.5).
    var isSendable: Bool {
        Self.isToken(name) && value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }

    /// True for an RFC 9110 token: header names and methods.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
