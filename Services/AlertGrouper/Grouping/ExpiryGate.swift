package import Models

/// Says whether silence about an alert means anything. While we ourselves are behind, or senders cannot reach us, alerts go unrefreshed
/// through no change of theirs: nothing may expire then.
package struct ExpiryGate: Sendable {
    /// A record older than this when it is handled shows that we are behind.
    package static let lagSeconds = 30.0
    /// Closed for so long after the last sign of trouble, and after the start: time for senders to refresh what they still see.
    package let graceSeconds: Int
    private var closedUntil: Timestamp

    package init(startedAt: Timestamp, graceSeconds: Int) {
        self.graceSeconds = graceSeconds
        closedUntil = startedAt.adding(seconds: graceSeconds)
    }

    /// A batch was handled whose newest signal the gateway received at `newest`.
    package mutating func handled(newest: Timestamp, at now: Timestamp) {
        if now.seconds(since: newest) > ExpiryGate.lagSeconds { close(at: now) }
    }

    /// The broker does not answer: senders are refused.
    package mutating func lostBroker(at now: Timestamp) { close(at: now) }

    package func isOpen(at now: Timestamp) -> Bool { now >= closedUntil }

    private mutating func close(at now: Timestamp) { closedUntil = max(closedUntil, now.adding(seconds: graceSeconds)) }
}
