import Grouping
import Models

/// alert-grouper: two consumers and two loops over due rows. Decisions: GroupingBatch, BatchNeeds, ExpiryGate, IncidentCommand.
struct Grouper {
    static let service = "alert-grouper"
    let world: World

    static func boot(_ process: Process, signals: ConsumerGroup, commands: ConsumerGroup) {
        let world = process.world
        let publisher = DirectPublisher(process)
        let gate = GateKeeper(process)
        _ = Consumer(
            process.fiber("signals"), signals, maxRecords: 20, publisher: publisher,
            handler: SignalHandling(world: world) { gate.gate.handled(newest: $0, at: process.clock) })
        _ = Consumer(
            process.fiber("commands"), commands, maxRecords: 10, publisher: publisher, handler: CommandHandling(world: world))
        DuePass(fiber: process.fiber("expiry"), publisher: publisher, gate: gate).expire(after: 700)
        DuePass(fiber: process.fiber("hold"), publisher: publisher, gate: gate).resolve(after: 300)
        Relay.start(process.fiber("relay"))
    }
}

/// The expiry gate of one process.
final class GateKeeper {
    var gate: ExpiryGate

    init(_ process: Process) { gate = ExpiryGate(startedAt: process.clock, graceSeconds: 20) }
}

/// GroupingTransaction and SignalHandler.
struct SignalHandling: Handler {
    let world: World
    let onCommit: (Timestamp) -> Void

    func statements(_ batch: Batch, now: Timestamp) -> (statements: [Statement], retry: Retry?) {
        let grouping = SignalBatch(world, now)
        return (
            [
                Statement("decode") { _ in try grouping.decode(batch) },
                Statement("lock alerts") { try grouping.lockAlerts($0) },
                Statement("lock incidents") { try grouping.lockIncidents($0) },
                Statement("save incidents") { try $0.save(grouping.plan().events) },
                Statement("save alerts") { transaction in
                    try transaction.insert(grouping.changes.newAlerts)
                    try transaction.update(grouping.changes.changedAlerts)
                    batch.facts = grouping.changes.events.map { $0.fact(from: Grouper.service) }
                    grouping.forget()
                },
            ], Retry(from: 1, savepoint: 3)
        )
    }

    func committed(_ batch: Batch) {
        if let newest = batch.records.compactMap({ try? Signal(decoding: $0.record.value) }).map(\.receivedAt).max() { onCommit(newest) }
    }
}

/// One attempt at a batch of signals.
final class SignalBatch {
    private let world: World
    private let now: Timestamp
    private var signals: [Signal] = []
    private var alerts: [Alert] = []
    private var wanted: [IncidentID]?
    private var incidents: [Incident] = []
    private var known: Set<Alert.ID>?
    private var planned: GroupingChanges?
    private(set) var changes = GroupingChanges()

    init(_ world: World, _ now: Timestamp) {
        self.world = world
        self.now = now
    }

    func decode(_ batch: Batch) throws {
        signals = try batch.records.enumerated().map { index, entry in
            guard let signal = try? Signal(decoding: entry.record.value), SignalFault(of: signal) == nil else {
                throw StoreFault.poison(index: index)
            }
            return signal
        }
    }

    /// Only those that existed as the statement began, as in PostgreSQL.
    func lockAlerts(_ transaction: Transaction) throws {
        let ids = Set(signals.map(\.alertID)).sorted()
        if known == nil { known = Set(ids.filter { transaction.alert($0) != nil }) }
        alerts = try transaction.lockAlerts(ids.filter { known?.contains($0) ?? false })
        known = nil
        planned = nil
    }

    func lockIncidents(_ transaction: Transaction) throws {
        let ids = wanted ?? transaction.wanted(BatchNeeds(of: signals, alerts: alerts))
        wanted = ids
        incidents = try transaction.lockIncidents(ids)
        wanted = nil
        planned = nil
    }

    func plan() -> GroupingChanges {
        if let planned { return planned }
        let policies = Dictionary(uniqueKeysWithValues: world.teams.map { ($0.id, $0.policy) })
        var batch = GroupingBatch(
            state: GroupState(policies: policies, alerts: alerts, incidents: incidents), now: now, newID: { self.world.newID() })
        batch.take(signals)
        changes = batch.changes(numbers: (0..<batch.newIncidents).map { _ in world.store.nextNumber() })
        planned = changes
        return changes
    }

    /// The next attempt plans anew.
    func forget() { planned = nil }
}

/// DuePasses: alerts that nobody refreshed, and incidents whose hold has passed.
struct DuePass {
    let fiber: Fiber
    let publisher: DirectPublisher
    let gate: GateKeeper

    func expire(after milliseconds: Int) {
        fiber.then(after: milliseconds) {
            let (world, now) = (fiber.process.world, fiber.process.clock)
            if world.broker.isAway { gate.gate.lostBroker(at: now) }
            guard gate.gate.isOpen(at: now), !world.store.expiring.isEmpty else { return expire(after: 1000) }
            var (alerts, incidents, wanted): ([Alert], [Incident], [IncidentID]) = ([], [], [])
            run(
                [
                    Statement("claim expired") { alerts = $0.claimExpired(before: now, limit: 20) },
                    Statement("lock incidents") { transaction in
                        wanted = transaction.wanted(BatchNeeds(incidentsOf: alerts))
                        incidents = try transaction.lockIncidents(wanted)
                    },
                ],
                plan: { policies in
                    var batch = GroupingBatch(state: GroupState(policies: policies, alerts: alerts, incidents: incidents), now: now)
                    batch.expire()
                    return batch.changes(numbers: [])
                }, then: expire)
        }
    }

    func resolve(after milliseconds: Int) {
        fiber.then(after: milliseconds) {
            let now = fiber.process.clock
            guard !fiber.process.world.store.holding.isEmpty else { return resolve(after: 1000) }
            var incidents: [Incident] = []
            run(
                [Statement("claim held incidents") { incidents = $0.claimDueIncidents(before: now, limit: 20) }],
                plan: { _ in
                    var batch = GroupingBatch(state: GroupState(incidents: incidents), now: now)
                    batch.resolveDue()
                    return batch.changes(numbers: [])
                }, then: resolve)
        }
    }

    private func run(
        _ claims: [Statement], plan: @escaping ([TeamID: TeamPolicy]) -> GroupingChanges, then again: @escaping (Int) -> Void
    ) {
        let policies = Dictionary(uniqueKeysWithValues: fiber.process.world.teams.map { ($0.id, $0.policy) })
        var entries: [OutboxEntry] = []
        var changes: GroupingChanges?
        let write = Statement("save") { transaction in
            let planned = changes ?? plan(policies)
            changes = planned
            try transaction.save(planned.events)
            try transaction.update(planned.changedAlerts)
            entries = transaction.insertOutbox(planned.events.map { LogMessage($0.fact(from: Grouper.service)) })
        }
        fiber.transact(claims + [write]) { fault in
            guard fault == nil else { return again(500) }
            publisher.publish(entries, on: fiber) { again(entries.isEmpty ? 1000 : 0) }
        }
    }
}
