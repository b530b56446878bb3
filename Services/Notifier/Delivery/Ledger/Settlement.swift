package import Models

/// What one attempt makes of a delivery and of its channel. Pure.
package struct Settlement: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case sent(providerID: String?, threadReference: String?)
        /// Tried again at that time. `isResend`: the message may have arrived already.
        case pending(at: Timestamp, isResend: Bool)
        case dead
        case inDoubt

        /// Column `deliveries.state`.
        package var name: String {
            switch self {
            case .sent: "sent"
            case .pending: "pending"
            case .dead: "dead"
            case .inDoubt: "in_doubt"
            }
        }
    }

    package enum ChannelEffect: Sendable, Hashable {
        case none
        /// It works: forget earlier failures.
        case healthy
        case failed(Refusal)
        /// The provider wants quiet until then.
        case pause(until: Timestamp, Refusal)
        /// Switched off; its waiting deliveries are suppressed.
        case disable(Refusal)
        case change(setting: String, value: String)
    }

    package let state: State
    package let channel: ChannelEffect
    /// nil when it was sent.
    package let refusal: Refusal?
    /// The thread's reference leads nowhere: the next message starts a new one.
    package let forgetsThread: Bool
    /// This attempt may have arrived.
    package let raisesDoubt: Bool

    /// - Parameters:
    ///   - attempts: made so far, this one included; since a person put the message back, if one did.
    ///   - resends: attempts so far that followed one in doubt.
    ///   - nextAttempt: the retry policy: when to try again after so many attempts and with that wish of the provider; nil: give up.
    package init(
        _ outcome: Outcome, attempts: Int, resends: Int, doubt: ChannelTraits.Doubt, now: Timestamp,
        nextAttempt: (_ attempts: Int, _ retryAfterSeconds: Int?) -> Timestamp?
    ) {
        switch outcome {
        case .delivered(let providerID, let threadReference), .found(let providerID, let threadReference):
            self.init(.sent(providerID: providerID, threadReference: threadReference), .healthy, nil)
        case .retry(let afterSeconds, let refusal):
            let next = nextAttempt(attempts, afterSeconds)
            self.init(
                next.map { .pending(at: $0, isResend: false) } ?? .dead, Self.effect(of: refusal, afterSeconds, now: now), refusal)
        case .permanent(let refusal):
            self.init(.dead, refusal.reason.disablesChannel ? .disable(refusal) : Self.effect(of: refusal, nil, now: now), refusal)
        case .inDoubt(let refusal):
            let next = doubt != .resendOnce || resends == 0 ? nextAttempt(attempts, nil) : nil
            // Whether one that is looked up is sent again is not known yet.
            let isResend = doubt != .lookUp
            self.init(
                next.map { .pending(at: $0, isResend: isResend) } ?? .inDoubt, Self.effect(of: refusal, nil, now: now), refusal,
                raisesDoubt: true)
        case .lookUpFailed(let afterSeconds, let refusal):
            let next = nextAttempt(attempts, afterSeconds)
            self.init(
                next.map { .pending(at: $0, isResend: false) } ?? .inDoubt, Self.effect(of: refusal, nil, now: now), refusal)
        case .leftInDoubt(let refusal):
            self.init(.inDoubt, .none, refusal)
        case .threadGone(let refusal):
            let isLast = nextAttempt(attempts, nil) == nil
            self.init(isLast ? .dead : .pending(at: now, isResend: false), .none, refusal, forgetsThread: true)
        case .moved(let setting, let value):
            // The new setting is read by the next attempt; moving in a circle ends with the attempts.
            let isLast = nextAttempt(attempts, nil) == nil
            self.init(
                isLast ? .dead : .pending(at: now, isResend: false), .change(setting: setting, value: value),
                Refusal(.targetNotFound, word: "moved"))
        }
    }

    private init(
        _ state: State, _ channel: ChannelEffect, _ refusal: Refusal?, forgetsThread: Bool = false, raisesDoubt: Bool = false
    ) {
        self.state = state
        self.channel = channel
        self.refusal = refusal
        self.forgetsThread = forgetsThread
        self.raisesDoubt = raisesDoubt
    }

    private static func effect(of refusal: Refusal, _ afterSeconds: Int?, now: Timestamp) -> ChannelEffect {
        if let afterSeconds, afterSeconds > 0 { return .pause(until: now.adding(seconds: afterSeconds), refusal) }
        return refusal.reason.isChannelFault ? .failed(refusal) : .none
    }
}

/// Keeps a channel that fails from being tried by every message: after some failures in a row it rests, longer each time, and is then
/// tried with a single message.
package enum ChannelBreaker {
    /// Failures in a row that open it.
    package static let threshold = 3
    static let firstRestSeconds = 15
    static let longestRestSeconds = 900

    /// Seconds to rest after so many failures in a row; nil: not yet.
    package static func restSeconds(failures: Int) -> Int? {
        guard failures >= threshold else { return nil }
        let doublings = min(failures - threshold, 10)
        return min(longestRestSeconds, firstRestSeconds << doublings)
    }
}
