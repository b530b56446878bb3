import Delivery
import Models

/// A message that its provider has, whose outcome is to be written.
struct SentDelivery: Sendable {
    let delivery: ClaimedDelivery
    /// Column `delivery_attempts.outcome`.
    let label: String
    let providerID: String?
    let threadReference: String?

    /// nil for every other outcome.
    init?(_ delivery: ClaimedDelivery, _ settlement: Settlement, label: String) {
        guard case .sent(let providerID, let threadReference) = settlement.state, settlement.channel == .healthy,
            settlement.refusal == nil, !settlement.forgetsThread
        else { return nil }
        self.delivery = delivery
        self.label = label
        self.providerID = providerID
        self.threadReference = threadReference
    }

    func fact(at now: Timestamp) -> Fact { LedgerRow(delivery, state: .sent, providerID: providerID, reason: nil).fact(at: now) }
}
