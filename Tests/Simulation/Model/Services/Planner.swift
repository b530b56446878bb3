import Delivery
import Models

/// IncidentHandler of the notifier: events become rows of the ledger. Decisions: EventCatchUp, DeliveryPlan.
struct PlanHandling: Handler {
    static let group = "notifier"
    let world: World
    let registry: ChannelRegistry
    /// Rings for those who send.
    let wakeup: () -> Void

    func statements(_ batch: Batch, now: Timestamp) -> (statements: [Statement], retry: Retry?) {
        var events: [IncidentEvent] = []
        var history = DeliveryHistory()
        return (
            [
                Statement("unseen events") { events = try $0.unseen(try decode(batch), by: Self.group) },
                Statement("lock holds") { try $0.lockHolds(of: events) },
                Statement("history") { history = $0.history(of: events) },
                Statement("plan") { transaction in
                    let plan = DeliveryPlan.plan(
                        events, routes: transaction.store.channels.map(\.route), history: history, registry: registry, now: now)
                    try transaction.withdraw(.resolved, of: plan.releasedHolds, because: .flapping)
                    try transaction.withdraw(.updated, of: plan.superseded, because: .superseded)
                    try transaction.insert(plan.deliveries) { world.newID() }
                },
            ], nil
        )
    }

    func committed(_ batch: Batch) { wakeup() }
}
