import Delivery
import Models

/// What must hold when a message reaches its provider.
extension World {
    func arrived(_ flight: Flight, _ message: OutboundMessage) {
        flight.hasArrived = true
        let row = flight.row
        let earlier = ledger.arrivals[row.id] ?? []
        trace.note("arrives", row.id, earlier.count)
        guard let stored = store.deliveries[row.id], stored.attempts > 0 else {
            return violate("I4", "a message without an intent in the ledger: delivery \(row.id)")
        }
        let isStale = stored.fence != row.fence || stored.state != .sending
        if isStale, !flight.isTroubled {
            violate("I3", "delivery \(row.id) was sent by a process that had lost it, and nothing had kept that process")
        }
        // Stopped between the look at its lease and the send: nothing can see that, and the fault that did it is on record.
        if let innocent = earlier.first(where: { !$0.isTroubled }), !isStale {
            violate("I3", "delivery \(row.id) was told again although attempt \(innocent.row.attempts) met no fault")
        }
        if earlier.isEmpty, !flight.isTroubled { checkOrder(row) }
        ledger.arrived(flight, isRecognised: isRecognisable(message, row))
    }

    /// I5: nothing of the conversation that comes later was told before.
    private func checkOrder(_ row: DeliveryRow) {
        for other in store.conversations[row.conversation] ?? [] where other != row.id && ledger.arrivals[other] != nil {
            guard let later = store.deliveries[other], later.order > row.order else { continue }
            violate(
                "I5", "\(row.event.kind) (\(row.key.sequence)) was told after \(later.event.kind) (\(later.key.sequence)) of its incident")
        }
    }

    /// The receiver finds the same id in every copy.
    private func isRecognisable(_ message: OutboundMessage, _ row: DeliveryRow) -> Bool {
        guard case .http(let request) = message else { return false }
        return request.headers.contains { $0.name == "webhook-id" && $0.value == "msg_\(row.deliveryID)" }
    }
}
