/// A rendered message, ready for the shell that sends it. Holds secrets: not for logs.
package enum OutboundMessage: Sendable, Hashable {
    case http(HTTPMessage)
    case mail(MailMessage, via: MailServer)

    /// How long the shell may take at most.
    package var timeoutMilliseconds: Int {
        switch self {
        case .http(let message): message.timeoutMilliseconds
        case .mail(_, let server): server.timeoutMilliseconds
        }
    }
}

package struct HTTPMessage: Sendable, Hashable {
    package struct Header: Sendable, Hashable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package static let defaultTimeoutMilliseconds = 10_000

    package var method: String
    package var url: String
    package var headers: [Header]
    package var body: [UInt8]
    package var timeoutMilliseconds: Int

    package init(
        method: String = "POST", url: String, headers: [Header], body: [UInt8],
        timeoutMilliseconds: Int = HTTPMessage.defaultTimeoutMilliseconds
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutMilliseconds = timeoutMilliseconds
    }
}

/// Envelope and complete RFC 5322 text with CRLF line ends; dot-stuffing is the sender's.
package struct MailMessage: Sendable, Hashable {
    package var from: String
    package var to: [String]
    /// Value of the Message-ID header, with its angle brackets.
    package var messageID: String
    package var bytes: [UInt8]
}

package struct MailServer: Sendable, Hashable {
    package enum Security: String, Sendable, CaseIterable {
        case none
        case starttls
        case tls
    }

    package static let defaultTimeoutMilliseconds = 30_000

    package var host: String
    package var port: Int
    package var security: Security
    package var username: String?
    package var password: String?
    package var verifyCertificate: Bool
    package var timeoutMilliseconds: Int = MailServer.defaultTimeoutMilliseconds
}
