package import Models

/// One way to tell people. A channel renders a message and reads the answer; it never does I/O. A value of the type is a channel that
/// somebody configured. Adding one: docs/adding-a-channel.md.
package protocol Channel: Sendable {
    /// Registry id, `slack`; lower case, dashes. Never changes: rows and metrics carry it.
    static var type: String { get }
    /// One line for `tocsin channels add --help`.
    static var summary: String { get }
    /// Its settings, in the order of the documentation.
    static var fields: [ChannelField] { get }
    static var traits: ChannelTraits { get }

    /// The messages that an event makes, in the order of sending; none when the channel does not tell of this kind.
    /// - Parameter hasThread: an earlier event of the incident was meant to go through this channel.
    static func parts(for kind: IncidentEvent.Kind, hasThread: Bool) -> [DeliveryPart]

    /// Reads its settings; faults are noted in `settings`, so that all are told at once. The value is thrown away when there are any.
    init(settings: inout ChannelSettings)

    /// The request for one attempt. The same context gives the same bytes, save what names the attempt.
    func render(_ context: DeliveryContext) -> OutboundMessage

    /// What the provider's answer, or its absence, means.
    func classify(_ answer: ProviderAnswer, to context: DeliveryContext) -> Outcome

    /// The question whether this message, which is in doubt, has arrived; nil where it need not be asked, since sending it again does no
    /// harm. Asked only of types whose `traits.doubt` is `lookUp`.
    func renderLookUp(_ context: DeliveryContext, _ page: LookUpPage) -> OutboundMessage?

    /// What the answer to that question means.
    func classifyLookUp(_ answer: ProviderAnswer, to context: DeliveryContext) -> LookUpAnswer
}

extension Channel {
    package func renderLookUp(_ context: DeliveryContext, _ page: LookUpPage) -> OutboundMessage? { nil }

    package func classifyLookUp(_ answer: ProviderAnswer, to context: DeliveryContext) -> LookUpAnswer {
        .impossible(Refusal(.internalFault))
    }
}

/// What the notifier must know about a channel type besides its messages.
package struct ChannelTraits: Sendable, Hashable {
    /// What to do about a message that may or may not have arrived.
    package enum Doubt: Sendable, Hashable, CaseIterable {
        /// The message carries an id that stays the same, by which the receiver drops the second: a dedup key, a webhook's id. Sent again
        /// like after any failure.
        case resend
        /// The provider can be asked. Sent again when it has not arrived; where nobody can say, once.
        case lookUp
        /// A second copy is a second message. Sent again once, then left in doubt for a person to see.
        case resendOnce
    }

    /// True when the first message is edited instead of a new one sent, so that repeats disturb nobody.
    package let updatesInPlace: Bool
    package let doubt: Doubt
    package let pace: Pace

    package init(updatesInPlace: Bool = false, doubt: Doubt, pace: Pace) {
        self.updatesInPlace = updatesInPlace
        self.doubt = doubt
        self.pace = pace
    }
}

/// One message of an event. `number` orders the messages of one event and is part of the ledger's key.
package struct DeliveryPart: Sendable, Hashable {
    package enum Role: Int, Sendable, CaseIterable {
        /// The incident's main message: posted first, then edited where the channel can, else sent anew.
        case main = 0
        /// A line in the thread under the main message.
        case reply = 1
    }

    package let role: Role
    package var number: Int { role.rawValue }

    package init(_ role: Role) { self.role = role }

    /// nil for a number that no part has.
    package init?(number: Int) {
        guard let role = Role(rawValue: number) else { return nil }
        self.role = role
    }

    package static let main = DeliveryPart(.main)
    package static let reply = DeliveryPart(.reply)
}
