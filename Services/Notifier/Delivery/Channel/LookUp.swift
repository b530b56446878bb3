package import Models

/// A question to a provider: has a message arrived that is in doubt? One page of the provider's answer.
package struct LookUpPage: Sendable, Hashable {
    /// Looked at before the first doubtful attempt and after the last: their clock and ours differ, and an answer that was lost may have been
    /// on its way for long.
    static let marginSeconds = 300
    /// Pages that are read at most; what is not found by then is not known.
    package static let maxPages = 5

    /// The message arrived after this time, if it did.
    package let since: Timestamp
    /// And before this one.
    package let until: Timestamp
    /// What the page before gave; nil for the first.
    package var cursor: String?

    /// The first page of the look-up.
    package init(_ doubt: DoubtHistory) {
        since = doubt.firstAttemptAt.adding(seconds: -Self.marginSeconds)
        until = doubt.lastAttemptAt.adding(seconds: Self.marginSeconds)
    }
}

/// What a provider said about a message in doubt.
package enum LookUpAnswer: Sendable, Hashable {
    /// It is there. As in `Outcome.delivered`.
    case found(providerID: String?, threadReference: String?)
    /// It is not there: sending it is no repetition.
    case absent
    /// Not on this page.
    case more(cursor: String)
    /// No answer; there may be one later, not before `afterSeconds`.
    case unknown(afterSeconds: Int?, Refusal)
    /// Asking again cannot help: the token may not read, the answer cannot be understood.
    case impossible(Refusal)
}

/// The attempts at a message that may have arrived.
package struct DoubtHistory: Sendable, Hashable {
    /// When the first and the last of them began, by the database's clock.
    package let firstAttemptAt: Timestamp
    package let lastAttemptAt: Timestamp
    /// How many; since a person put the message back, if one did.
    package let attempts: Int
    /// Look-ups that were not answered.
    package let failedLookUps: Int

    package init(firstAttemptAt: Timestamp, lastAttemptAt: Timestamp, attempts: Int, failedLookUps: Int) {
        self.firstAttemptAt = firstAttemptAt
        self.lastAttemptAt = lastAttemptAt
        self.attempts = attempts
        self.failedLookUps = failedLookUps
    }
}
