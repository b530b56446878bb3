/// One message ready for the wire: the envelope and the complete text.
package struct Mail: Sendable {
    /// The envelope sender, a bare address.
    package var from: String
    /// The envelope recipients, bare addresses. All must be accepted or nothing is sent.
    package var to: [String]
    /// The value of the Message-ID header, for the caller's ledger.
    package var messageID: String
    /// The complete RFC 5322 message: headers, empty line, body, every line ended by CRLF. Dot-stuffing is done on the way out.
    package var bytes: [UInt8]

    /// A mail; nothing is checked until it is sent.
    package init(from: String, to: [String], messageID: String, bytes: [UInt8]) {
        self.from = from
        self.to = to
        self.messageID = messageID
        self.bytes = bytes
    }

    /// Refuses whatever could end an SMTP command or the message early.
    func check(maxBytes: Int) throws(OutboundError) {
        guard bytes.count <= maxBytes else { throw .tooLarge(limit: maxBytes) }
        guard !to.isEmpty else { throw .invalidRequest("the mail has no recipient") }
        for address in [from] + to where !Self.isAddress(address) {
            throw .invalidRequest("a mail address is malformed")
        }
        guard Self.hasOnlyWholeLines(bytes) else { throw .invalidRequest("the mail holds a bare CR, a bare LF or a NUL") }
    }

    /// A dot-atom address of RFC 5321 in ASCII: no quoting, comments, white space or control characters.
    static func isAddress(_ text: String) -> Bool {
        guard text.utf8.count <= 254 else { return false }
        let halves = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard halves.count == 2, !halves[0].isEmpty, !halves[1].isEmpty, halves[0].count <= 64 else { return false }
        return text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>()[],;:\\\"".utf8.contains($0) }
    }

    /// Servers disagree about "LF . LF": a bare line break could smuggle a second mail (CVE-2023-51764).
    static func hasOnlyWholeLines(_ bytes: [UInt8]) -> Bool {
        var previous: UInt8 = 0x20
        for byte in bytes {
            if byte == 0 || (byte == 0x0A) != (previous == 0x0D) { return false }
            previous = byte
        }
        return previous != 0x0D
    }
}
