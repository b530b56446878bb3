package import Models

/// Why a message was deliberately not sent; stored in the ledger, so that `why` can be answered.
package enum SuppressionReason: String, Sendable, CaseIterable {
    /// The incident comes and goes: people know.
    case flapping
    /// A newer message of the same incident says it all.
    case superseded
    /// The event is so old that telling it would mislead, and people know, or need not know, what has become of it.
    case tooOld = "too_old"
    /// The channel was switched off before the message went.
    case channelDisabled = "channel_disabled"
}

/// One message that is meant to go out: a row of the ledger.
package struct PlannedDelivery: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case pending
        /// Goes out then, unless the incident comes back first.
        case held(until: Timestamp)
        case suppressed(SuppressionReason)
    }

    package let id: DeliveryID
    package let event: IncidentEvent
    package let channelID: ChannelID
    package let channelType: String
    package let part: DeliveryPart
    package let state: State

    package init(
        id: DeliveryID = .random(), event: IncidentEvent, channelID: ChannelID, channelType: String, part: DeliveryPart, state: State
    ) {
        self.id = id
        self.event = event
        self.channelID = channelID
        self.channelType = channelType
        self.part = part
        self.state = state
    }

    package var conversation: Conversation { Conversation(event.incident.id, channelID) }

    package var suppression: SuppressionReason? {
        if case .suppressed(let reason) = state { reason } else { nil }
    }
}
