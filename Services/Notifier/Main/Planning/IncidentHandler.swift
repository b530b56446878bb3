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
    private let announce: @Sendable (Set<ChannelID>) -> Void
    private let counted = PlannedCounts()

    /// - Parameter announce: told after each commit of the channels for which there is something to send.
    init(registry: ChannelRegistry, announce: @escaping @Sendable (Set<ChannelID>) -> Void) {
        self.registry = registry
        self.announce = announce
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
        let channels = counted.publish()
        if !channels.isEmpty { announce(channels) }
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

    private struct Planned {
        var counts: [Key: Int] = [:]
        var channels: Set<ChannelID> = []
    }

    private let pending = Mutex(Planned())

    func keep(_ deliveries: [PlannedDelivery], _ registry: ChannelRegistry) {
        var planned = Planned()
        for delivery in deliveries {
            let state =
                switch delivery.state {
                case .pending: "pending"
                case .held: "held"
                case .suppressed: "suppressed"
                }
            planned.counts[Key(type: NotifierMetrics.label(delivery.channelType, registry).1, state: state), default: 0] += 1
            if delivery.state == .pending { planned.channels.insert(delivery.channelID) }
        }
        pending.withLock { [planned] in $0 = planned }
    }

    /// - Returns: the channels for which there is something to send.
    func publish() -> Set<ChannelID> {
        let planned = pending.withLock { pending in
            defer { pending = Planned() }
            return pending
        }
        for (key, count) in planned.counts {
            NotifierMetrics.planned.counter([("channel_type", key.type), ("state", key.state)]).increment(by: count)
        }
        return planned.channels
    }
}
