/// What came back from one attempt.
package enum ProviderAnswer: Sendable {
    /// Any HTTP answer. Header names in any case; the body may be cut.
    case http(status: Int, headers: [HTTPMessage.Header], body: [UInt8])
    /// A mail server's final 2xx reply.
    case mail(code: Int, text: String)
    /// No answer.
    case failure(SendFailure)
}

/// Why there was no answer.
package struct SendFailure: Sendable, Hashable {
    /// True when the provider may have acted on the request all the same.
    package let mayHaveBeenSent: Bool
    package let reason: FailureReason
    /// The mail server's reply code, when it refused.
    package let smtpCode: Int?

    package init(_ reason: FailureReason, mayHaveBeenSent: Bool, smtpCode: Int? = nil) {
        self.reason = reason
        self.mayHaveBeenSent = mayHaveBeenSent
        self.smtpCode = smtpCode
    }

    /// - Parameter code: the label of the outbound border's error, `timeout`.
    package init(code: String, mayHaveBeenSent: Bool, smtpCode: Int?) {
        let reason: FailureReason =
            switch code {
            case "resolve": .resolve
            case "connect", "connectionReset": .connection
            case "tls": .tls
            case "timeout": .timeout
            case "bodyTooLarge": .tooLarge
            case "addressRefused": .addressRefused
            case "protocolViolation": .malformedAnswer
            case "authentication": .authentication
            case "invalidRequest": .configuration
            case "smtpRefused": .rejected
            case "cancelled": .interrupted
            default: .internalFault
            }
        self.init(reason, mayHaveBeenSent: mayHaveBeenSent, smtpCode: smtpCode)
    }

    /// The outcome for every channel alike: in doubt when it may have been sent, else retried unless trying again cannot help.
    package var outcome: Outcome {
        if mayHaveBeenSent { return .inDoubt(Refusal(reason, status: smtpCode)) }
        let refusal = Refusal(reason, status: smtpCode)
        switch reason {
        case .tooLarge, .addressRefused, .configuration: return .permanent(refusal)
        case .authentication, .rejected:
            // RFC 5321 section 4.2.1: 4yz is transient, 5yz is not.
            return (smtpCode ?? 400) < 500 && reason == .rejected || (400..<500).contains(smtpCode ?? 0)
                ? .retry(afterSeconds: nil, refusal) : .permanent(refusal)
        default: return .retry(afterSeconds: nil, refusal)
        }
    }
}
