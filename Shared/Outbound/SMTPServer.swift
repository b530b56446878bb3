/// A mail server and how to talk to it.
package struct SMTPServer: Sendable {
    /// How the connection is protected.
    package enum Security: String, Sendable, Hashable {
        /// Plain text; for a relay on the same machine or network.
        case none
        /// Plain text that must be upgraded before anything else; a server without STARTTLS is an error.
        case startTLS
        /// TLS from the first byte (port 465).
        case tls
    }

    /// A host name or an IP address.
    package var host: String
    /// 1 to 65535; without `allowPrivateAddresses` one of 25, 465, 587, 2525.
    package var port: Int
    /// How the connection is protected.
    package var security: Security
    /// The account, or nil for none.
    package var username: String?
    /// The account's password; never printed.
    package var password: String?
    /// From the call of `send` to the reply after the final dot.
    package var timeoutMilliseconds: Int
    /// False accepts any certificate.
    package var verifyCertificate: Bool

    /// A server; 587 with STARTTLS is what a submission service offers.
    package init(
        host: String, port: Int = 587, security: Security = .startTLS, username: String? = nil, password: String? = nil,
        timeoutMilliseconds: Int = 30_000, verifyCertificate: Bool = true
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.username = username
        self.password = password
        self.timeoutMilliseconds = timeoutMilliseconds
        self.verifyCertificate = verifyCertificate
    }

    /// The URL for libcurl. Throws when the host could change its meaning.
    func url() throws(OutboundError) -> String {
        guard (1...65_535).contains(port) else { throw .invalidRequest("the mail server's port is out of range") }
        let scheme = security == .tls ? "smtps" : "smtp"
        let isName = !host.isEmpty && host.utf8.allSatisfy { Header.isToken(String(UnicodeScalar($0))) }
        let isIPv6 = host.contains(":") && host.utf8.allSatisfy { "0123456789abcdefABCDEF:.".utf8.contains($0) }
        guard isName || isIPv6 else { throw .invalidRequest("the mail server's host is malformed") }
        return isIPv6 ? "\(scheme)://[\(host)]:\(port)" : "\(scheme)://\(host):\(port)"
    }
}

/// The password stays out of dumps and logs.
extension SMTPServer: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Host, port and security.
    package var description: String { "\(host):\(port) (\(security.rawValue))" }
    /// As `description`.
    package var debugDescription: String { description }
    /// No children: a reflected dump shows `description` only.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What a mail server said.
package struct SMTPReply: Sendable, Hashable {
    /// The three digits; 250 for an accepted mail.
    package var code: Int
    /// The rest of the reply, lines joined with a blank. May hold a queue id, and people's addresses: not for logs.
    package var text: String

    /// A reply; tests of other targets make their own.
    package init(code: Int, text: String) {
        self.code = code
        self.text = text
    }

    /// The RFC 3463 status at the start of the text, such as "5.1.1".
    var enhancedStatus: String? {
        guard let word = text.split(separator: " ").first else { return nil }
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ (1...3).contains($0.count) && $0.allSatisfy(\.isWholeNumber) }) else { return nil }
        return String(word)
    }
}
