package import Models

/// All that a channel may know about one attempt to send one message.
package struct DeliveryContext: Sendable {
    package var event: IncidentEvent
    package var part: DeliveryPart
    /// What the provider calls the incident's first message in this channel; nil before that was accepted.
    package var threadReference: String?
    /// Where people find the console, without a trailing slash; nil: messages carry no link.
    package var consoleURL: String?
    /// Stays the same over all attempts.
    package var deliveryID: DeliveryID
    package var attemptedAt: Timestamp

    package init(
        event: IncidentEvent, part: DeliveryPart, threadReference: String?, consoleURL: String?, deliveryID: DeliveryID,
        attemptedAt: Timestamp
    ) {
        self.event = event
        self.part = part
        self.threadReference = threadReference
        self.consoleURL = consoleURL
        self.deliveryID = deliveryID
        self.attemptedAt = attemptedAt
    }

    package var message: IncidentMessage { IncidentMessage(event, consoleURL: consoleURL) }
}
