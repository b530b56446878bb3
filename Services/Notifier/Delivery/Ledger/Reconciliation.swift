/// What to do about a message in doubt whose provider was asked. Pure.
package enum Reconciliation: Sendable, Hashable {
    /// Send it again.
    case send
    /// Do not: this is what became of it.
    case settle(Outcome)

    /// Look-ups without an answer after which the message is sent all the same, once.
    package static let maxFailedLookUps = 3

    package init(_ answer: LookUpAnswer, _ doubt: DoubtHistory) {
        switch answer {
        case .found(let providerID, let reference):
            self = .settle(.found(providerID: providerID, threadReference: reference))
        case .absent:
            self = .send
        case .unknown(let afterSeconds, let refusal) where doubt.failedLookUps + 1 < Self.maxFailedLookUps:
            self = .settle(.lookUpFailed(afterSeconds: afterSeconds, refusal))
        case .unknown(_, let refusal), .impossible(let refusal):
            self = Self.resendOnce(doubt, refusal)
        case .more:
            self = Self.resendOnce(doubt, Refusal(.tooLarge))
        }
    }

    /// Nobody can say whether it is there. Better twice than never, but not three times.
    private static func resendOnce(_ doubt: DoubtHistory, _ refusal: Refusal) -> Reconciliation {
        doubt.attempts <= 1 ? .send : .settle(.leftInDoubt(refusal))
    }
}
