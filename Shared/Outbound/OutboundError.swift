/// Why a request or a mail got no answer. Its text never holds a path, a query, an address of a person or a credential.
package struct OutboundError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure, from a closed set that is safe as a metric label.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case resolve, connect, tls, timeout, bodyTooLarge, addressRefused, connectionReset, protocolViolation, cancelled
            case invalidRequest, authentication, smtpRefused, library
        }
        private let kind: Kind

        /// The host name has no address, or no resolver answered.
        package static let resolve = Code(kind: .resolve)
        /// No TCP connection.
        package static let connect = Code(kind: .connect)
        /// The handshake failed, the certificate is not valid, or the mail server offers no STARTTLS.
        package static let tls = Code(kind: .tls)
        /// The time-out of the request passed, or the peer was too slow.
        package static let timeout = Code(kind: .timeout)
        /// What we were asked to send is larger than the limit. (A long answer is cut, see `HTTPResponse.isBodyCut`.)
        package static let bodyTooLarge = Code(kind: .bodyTooLarge)
        /// The address, port or scheme is against the `AddressPolicy`.
        package static let addressRefused = Code(kind: .addressRefused)
        /// The connection ended before the answer did.
        package static let connectionReset = Code(kind: .connectionReset)
        /// The peer's bytes are not the protocol, or its headers exceed the limit.
        package static let protocolViolation = Code(kind: .protocolViolation)
        /// The task was cancelled.
        package static let cancelled = Code(kind: .cancelled)
        /// The caller's values cannot be sent: malformed URL, header or mail address.
        package static let invalidRequest = Code(kind: .invalidRequest)
        /// The mail server did not take the credentials.
        package static let authentication = Code(kind: .authentication)
        /// The mail server answered 4xx or 5xx: see `smtpCode`.
        package static let smtpRefused = Code(kind: .smtpRefused)
        /// libcurl itself failed (memory, a missing feature).
        package static let library = Code(kind: .library)

        /// The label for metrics.
        package var description: String { kind.rawValue }
    }

    /// The kind of failure.
    package let code: Code
    /// One sentence for the operator.
    package let reason: String
    /// True when the peer may have acted on what it got: sending again may do the thing twice.
    package let mayHaveBeenSent: Bool
    /// The HTTP status, when the answer broke off after it.
    package let httpStatus: Int?
    /// The mail server's reply code, when it refused.
    package let smtpCode: Int?
    /// The mail server's enhanced status such as "5.1.1" (RFC 3463), when it gave one.
    package let smtpEnhancedStatus: String?

    init(
        _ code: Code, _ reason: String, mayHaveBeenSent: Bool = false, httpStatus: Int? = nil, smtpCode: Int? = nil,
        smtpEnhancedStatus: String? = nil
    ) {
        self.code = code
        self.reason = reason
        self.mayHaveBeenSent = mayHaveBeenSent
        self.httpStatus = httpStatus
        self.smtpCode = smtpCode
        self.smtpEnhancedStatus = smtpEnhancedStatus
    }

    /// True when the same call may succeed later. Says nothing about doing it twice: see `mayHaveBeenSent`.
    package var isRetriable: Bool {
        switch code {
        case .resolve, .connect, .tls, .timeout, .connectionReset, .protocolViolation, .cancelled, .library: true
        case .smtpRefused: smtpCode.map { $0 < 500 } ?? true
        case .authentication: smtpCode.map { $0 < 500 } ?? false
        default: false
        }
    }

    /// The code, the reason and whether the outcome is in doubt.
    package var description: String {
        let status = (httpStatus ?? smtpCode).map { " (\($0)\(smtpEnhancedStatus.map { " \($0)" } ?? ""))" } ?? ""
        return "\(code): \(reason)\(status)\(mayHaveBeenSent ? ", outcome unknown" : "")"
    }
}

extension OutboundError {
    static func invalidRequest(_ reason: String) -> Self { Self(.invalidRequest, reason) }
    static func addressRefused(_ reason: String) -> Self { Self(.addressRefused, reason) }
    static func tooLarge(limit: Int) -> Self { Self(.bodyTooLarge, "more than \(limit) bytes to send") }
    static let cancelledBeforeStart = Self(.cancelled, "cancelled before it began")
    static let noThreadInTime = Self(.timeout, "no thread was free in time")
    static let noPlaceInTime = Self(.timeout, "no place was free in time")
    static let noHandle = Self(.library, "libcurl gave no handle")
}
