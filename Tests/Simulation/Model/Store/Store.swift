import Delivery
import Grouping
import Models
import Rollup
import ServiceKit

/// PostgreSQL in memory: what is committed, who holds which lock, and the indexes. Every change goes through a `Transaction`.
final class Store {
    unowned let world: World
    let mutants: Set<Mutant>

    var offsets: [OffsetKey: StoredOffset] = [:]
    var progress: [ProgressKey: Int64] = [:]
    var alerts: [Alert.ID: Alert] = [:]
    var incidents: [IncidentID: Incident] = [:]
    var events: [IncidentID: [IncidentEvent]] = [:]
    var commands: Set<String> = []
    /// In order of id.
    var outbox: [OutboxEntry] = []
    var channels: [ChannelRow] = []
    var deliveries: [Int: DeliveryRow] = [:]
    var threads: [Conversation: String] = [:]
    var measures: [IncidentID: Measure] = [:]
    var cells: [RollupKey: RollupCell] = [:]
    var deadLetters: Set<DeadLetterKey> = []

    /// In the order of their first commit.
    var incidentOrder: [IncidentID] = []
    var alertOrder: [Alert.ID] = []
    var openIncidents: [Group: [IncidentID]] = [:]
    var resolvedIncidents: [Group: [IncidentID]] = [:]
    var deliveryIDs: [DeliveryKey: Int] = [:]
    var conversations: [Conversation: [Int]] = [:]
    /// Deliveries that are pending or sending, by channel, in order of id.
    var unfinished: [ChannelID: [Int]] = [:]
    /// Incidents that wait for the end of their hold, and alerts that may expire: candidates, not all of them still are.
    var holding: Set<IncidentID> = []
    var expiring: Set<Alert.ID> = []

    var locks: [LockKey: Transaction] = [:]
    private var lastNumber: Int64 = 0
    private var lastOutboxID: Int64 = 0
    private var lastDelivery = 0

    init(_ world: World) {
        self.world = world
        mutants = world.options.mutants
        channels = world.teams.flatMap(\.channels)
        for channel in channels { unfinished[channel.id] = [] }
    }

    struct DeadLetterKey: Hashable {
        let key: OffsetKey
        let offset: Int64
    }

    var isAway: Bool { world.storeAwayUntil > world.now }

    // Sequences do not roll back.
    func nextNumber() -> Int64 {
        lastNumber += 1
        return lastNumber
    }

    func nextOutboxID() -> Int64 {
        lastOutboxID += 1
        return lastOutboxID
    }

    func nextDelivery() -> Int {
        lastDelivery += 1
        return lastDelivery
    }

    func begin(_ fiber: Fiber) -> Transaction { Transaction(self, fiber) }

    func channel(_ id: ChannelID) -> ChannelRow? { channels.first { $0.id == id } }

    /// What a transaction has written becomes true, all at once.
    func apply(_ writes: Writes) {
        offsets.merge(writes.offsets) { $1 }
        progress.merge(writes.progress) { $1 }
        for alert in writes.alertOrder.compactMap({ writes.alerts[$0] }) { apply(alert) }
        for id in writes.incidentOrder { if let incident = writes.incidents[id] { apply(incident) } }
        for event in writes.events { events[event.incident.id, default: []].append(event) }
        commands.formUnion(writes.commands)
        deadLetters.formUnion(writes.deadLetters)
        applyOutbox(writes)
        for channel in writes.channels.values {
            if let index = channels.firstIndex(where: { $0.id == channel.id }) { channels[index] = channel }
        }
        for id in writes.deliveries.keys.sorted() { if let row = writes.deliveries[id] { apply(row) } }
        for (conversation, reference) in writes.threads { threads[conversation] = reference }
        measures.merge(writes.measures) { $1 }
        for (key, cell) in writes.cells { cells[key] = cell }
    }

    private func applyOutbox(_ writes: Writes) {
        if !writes.outboxDeleted.isEmpty { outbox.removeAll { writes.outboxDeleted.contains($0.id) } }
        guard let first = writes.outbox.first else { return }
        outbox += writes.outbox
        // Ids are dealt out before the commit: one with a lower id may commit later.
        if outbox.count > writes.outbox.count, outbox[outbox.count - writes.outbox.count - 1].id > first.id {
            outbox.sort { $0.id < $1.id }
        }
    }

    private func apply(_ alert: Alert) {
        if alerts.updateValue(alert, forKey: alert.id) == nil { alertOrder.append(alert.id) }
        if alert.status == .firing, alert.expiresAt != nil { expiring.insert(alert.id) } else { expiring.remove(alert.id) }
    }

    private func apply(_ incident: Incident) {
        let group = Group(teamID: incident.teamID, key: incident.groupingKey)
        if let before = incidents.updateValue(incident, forKey: incident.id) {
            let old = Group(teamID: before.teamID, key: before.groupingKey)
            if before.status == .resolved {
                resolvedIncidents[old]?.removeAll { $0 == incident.id }
            } else {
                openIncidents[old]?.removeAll { $0 == incident.id }
            }
        } else {
            incidentOrder.append(incident.id)
        }
        if incident.status == .resolved {
            resolvedIncidents[group, default: []].append(incident.id)
        } else {
            openIncidents[group, default: []].append(incident.id)
        }
        if incident.resolveDueAt != nil { holding.insert(incident.id) } else { holding.remove(incident.id) }
    }

    private func apply(_ row: DeliveryRow) {
        if deliveries.updateValue(row, forKey: row.id) == nil {
            deliveryIDs[row.key] = row.id
            conversations[row.conversation, default: []].append(row.id)
            if row.state.isUnfinished { unfinished[row.key.channel, default: []].append(row.id) }
        } else if !row.state.isUnfinished {
            unfinished[row.key.channel]?.removeAll { $0 == row.id }
        }
    }
}
