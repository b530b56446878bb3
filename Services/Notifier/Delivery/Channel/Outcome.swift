/// What one attempt came to.
package enum Outcome: Sendable, Hashable {
    /// The provider took it. `threadReference` is set when this message is the one that later messages refer to.
    case delivered(providerID: String?, threadReference: String?)
    /// Not taken; may be later. `afterSeconds`: not before the provider said.
    case retry(afterSeconds: Int?, Refusal)
    /// Not taken, and trying again cannot help.
    case permanent(Refusal)
    /// It may have been taken: the answer was lost or cannot be read.
    case inDoubt(Refusal)
    /// Not taken because the target has another name now: change this setting of the channel and try again at once.
    case moved(setting: String, value: String)

    /// Not taken because the message to edit or to answer is not there any more: forget it and send a new one at once.
    case threadGone(Refusal)
    /// Not sent: an earlier attempt had arrived, the provider says. As `delivered`.
    case found(providerID: String?, threadReference: String?)
    /// Not sent: the provider did not say whether an earlier attempt had arrived. Asked again later.
    case lookUpFailed(afterSeconds: Int?, Refusal)
    /// Not sent: nobody can say whether it has arrived, and it was sent again already.
    case leftInDoubt(Refusal)

    /// Label for metrics and `delivery_attempts.outcome`.
    package var label: String {
        switch self {
        case .delivered: "delivered"
        case .retry: "retry"
        case .permanent: "permanent"
        case .inDoubt: "in_doubt"
        case .moved: "moved"
        case .threadGone: "thread_gone"
        case .found: "found"
        case .lookUpFailed: "look_up_failed"
        case .leftInDoubt: "left_in_doubt"
        }
    }
}

/// Why a message was not taken: a reason of the closed set, the status and the provider's own word where it is one we know. Nothing that a
/// stranger wrote gets in, so it is safe in logs, records and metrics.
package struct Refusal: Sendable, Hashable, CustomStringConvertible {
    package let reason: FailureReason
    /// HTTP status or SMTP reply code.
    package let status: Int?
    /// The provider's error code, one of ours in a table: `channel_not_found`.
    package let word: String?

    package init(_ reason: FailureReason, status: Int? = nil, word: String? = nil) {
        self.reason = reason
        self.status = status
        self.word = word
    }

    /// `targetNotFound (404, no_service)`
    package var description: String {
        let details = [status.map(String.init), word].compactMap(\.self)
        return details.isEmpty ? reason.rawValue : "\(reason.rawValue) (\(details.joined(separator: ", ")))"
    }
}

/// Why a message was not taken; labels of metrics.
package enum FailureReason: String, Sendable, CaseIterable {
    case rateLimited, serverError, timeout, connection, resolve, tls, addressRefused
    /// The token, password or signature is not accepted.
    case authentication
    /// The chat, channel or address does not exist for us.
    case targetNotFound
    /// The provider says that this target is closed for good: the channel is switched off.
    case gone
    /// The message to be edited is not there any more, or may not be edited.
    case messageGone
    /// The provider does not take this content.
    case rejected
    case tooLarge
    case redirected
    case malformedAnswer
    /// The channel's settings cannot be used.
    case configuration
    /// The notifier died, or was stopped, between request and answer.
    case interrupted
    case internalFault

    /// False when it is this message's fault and the next one may pass: the breaker does not count it.
    package var isChannelFault: Bool {
        switch self {
        case .rejected, .tooLarge, .messageGone, .interrupted, .internalFault, .rateLimited: false
        default: true
        }
    }

    package var disablesChannel: Bool { self == .gone }
}
