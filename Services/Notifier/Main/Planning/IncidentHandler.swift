import Delivery
import Kafka
import Metrics
import Models
import Postgres
import ServiceKit
import Store
import Synchronization

/// Turns the facts of `tocsin.incidents` into rows of the ledger, once each and in sequence. Sends nothing.
struct IncidentHandler: BatchHandler {
    static let group = "notifier"

    private let registry: ChannelRegistry
    private let wakeup: Wakeup
    private let counted = PlannedCounts()

    init(registry: ChannelRegistry, wakeup: Wakeup) {
        self.registry = registry
        self.wakeup = wakeup
    }

    func handle(_ records: [IncomingRecord], in connection: PostgresConnection, now: Timestamp) async throws -> [Fact] {
        let events = try await ProgressStore.unseen(try decode(records), by: Self.group, in: connection)
        let routes = try await PlanStore.routes(of: Set(events.map(\.incident.teamID)), in: connection)
        guard !routes.isEmpty else {
            counted.keep([], registry)
            return []
        }
        try await PlanStore.lockHolds(of: events, in: connection)
        let history = try await PlanStore.history(of: events, now: now, in: connection)
        let plan = DeliveryPlan.plan(events, routes: routes, history: history, registry: registry, now: now)
        let withdrawn = try await PlanStore.withdraw(plan, in: connection)
        let inserted = try await PlanStore.insert(plan.deliveries, in: connection)
        counted.keep(inserted, registry)
        return withdrawn.map { $0.fact(at: now) } + inserted.compactMap { $0.suppressionFact(at: now) }
    }

    func committed(_ records: [IncomingRecord]) async {
        if counted.publish() { wakeup.wake() }
    }

    private func decode(_ records: [IncomingRecord]) throws -> [IncidentEvent] {
        try records.enumerated().map { index, record in
            do { return try IncidentEvent(decoding: record.value) } catch {
                throw PoisonRecord(index: index, reason: "not an incident event: \(error)")
            }
        }
    }
}

extension PlannedDelivery {
    /// The fact that this message is deliberately not sent; nil when it is.
    fileprivate func suppressionFact(at now: Timestamp) -> Fact? {
        guard let suppression else { return nil }
        return NotificationRecord(
            deliveryID: id, teamID: event.incident.teamID, incidentID: event.incident.id, sequence: event.sequence, channelID: channelID,
            channelType: channelType, state: .suppressed, attempts: 0, providerID: nil, reason: suppression.rawValue, at: now
        ).fact()
    }
}

/// Holds what a batch planned until its transaction has committed: a batch that is tried again is counted once.
private final class PlannedCounts: Sendable {
    private struct Key: Hashable {
        let type: String
        let state: String
    }

    private let pending = Mutex<[Key: Int]>([:])

    func keep(_ deliveries: [PlannedDelivery], _ registry: ChannelRegistry) {
        var counts: [Key: Int] = [:]
        for delivery in deliveries {
            let state =
                switch delivery.state {
                case .pending: "pending"
                case .held: "held"
                case .suppressed: "suppressed"
                }
            counts[Key(type: NotifierMetrics.label(delivery.channelType, registry).1, state: state), default: 0] += 1
        }
        pending.withLock { [counts] in $0 = counts }
    }

    /// - Returns: whether there is something to send.
    func publish() -> Bool {
        let counts = pending.withLock { pending in
            defer { pending = [:] }
            return pending
        }
        for (key, count) in counts {
            NotifierMetrics.planned.counter([("channel_type", key.type), ("state", key.state)]).increment(by: count)
        }
        return !counts.isEmpty
    }
}
