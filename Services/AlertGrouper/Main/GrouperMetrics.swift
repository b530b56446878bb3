import Grouping
import Metrics
import Models
import ServiceKit

/// Every metric of the grouper. Effects are counted after their commit.
struct GrouperMetrics: Sendable {
    private static let signals = MetricDeclaration(
        "tocsin_grouper_signals_total", .counter, "Signals by what they meant for their alert: new, repeat, stale or resolved.")
    private static let incidents = MetricDeclaration(
        "tocsin_grouper_incidents_total", .counter, "Incidents by what became of them: opened, reopened or resolved.")
    private static let commands = MetricDeclaration(
        "tocsin_grouper_commands_total", .counter, "Commands by outcome: done, repeated, refused or not_found.")
    private static let expired = MetricDeclaration(
        "tocsin_grouper_alerts_expired_total", .counter, "Alerts that resolved because nobody refreshed them.")
    private static let conflicts = MetricDeclaration(
        "tocsin_grouper_conflicts_total", .counter, "Batches planned anew because another replica was faster.")
    private static let expiryOpen = MetricDeclaration(
        "tocsin_grouper_expiry_enabled", .gauge, "0 while alerts may not expire because we are behind or the broker was away.")

    private static let remembered = MetricDeclaration(
        "tocsin_grouper_remembered_alerts", .gauge, "Firing alerts whose repeats are recognised without a look at the database.")
    private static let rememberedBytes = MetricDeclaration(
        "tocsin_grouper_remembered_bytes", .gauge, "Memory that the remembered alerts take, about.")
    private static let recognised = MetricDeclaration(
        "tocsin_grouper_recognised_repeats_total", .counter, "Repeats that were answered without a look at the database.")
    private static let touches = MetricDeclaration(
        "tocsin_grouper_touches_total", .counter, "Rows of alerts that were told of their repeats later on.")

    private let signalCounters: [SignalOutcome: Counter]
    private let incidentCounters: [IncidentEvent.Kind: Counter]
    private let commandCounters: [CommandOutcome: Counter]
    private let expiredCounter: Counter
    private let conflictCounter: Counter
    private let expiryGauge: Gauge
    private let rememberedGauge = Self.remembered.gauge()
    private let rememberedBytesGauge = Self.rememberedBytes.gauge()
    private let recognisedCounter = Self.recognised.counter()
    private let touchCounter = Self.touches.counter()

    init() {
        let outcomes = SignalOutcome.allCases
        signalCounters = Dictionary(uniqueKeysWithValues: outcomes.map { ($0, Self.signals.counter([("outcome", $0.rawValue)])) })
        let kinds: [IncidentEvent.Kind] = [.opened, .reopened, .resolved]
        incidentCounters = Dictionary(uniqueKeysWithValues: kinds.map { ($0, Self.incidents.counter([("change", $0.rawValue)])) })
        commandCounters = Dictionary(
            uniqueKeysWithValues: CommandOutcome.allCases.map { ($0, Self.commands.counter([("outcome", $0.rawValue)])) })
        expiredCounter = Self.expired.counter()
        conflictCounter = Self.conflicts.counter()
        expiryGauge = Self.expiryOpen.gauge()
    }

    func count(_ changes: GroupingChanges) {
        for (outcome, count) in changes.signals { signalCounters[outcome]?.increment(by: count) }
        for event in changes.events { incidentCounters[event.kind]?.increment() }
    }

    func count(_ outcomes: [CommandOutcome]) {
        for outcome in outcomes { commandCounters[outcome]?.increment() }
    }

    /// Repeats that were answered from memory and are committed.
    func recognised(_ count: Int) {
        guard count > 0 else { return }
        recognisedCounter.increment(by: count)
        signalCounters[.repeat]?.increment(by: count)
    }

    func touched(_ rows: Int) { touchCounter.increment(by: rows) }

    func remembered(_ alerts: Int) {
        rememberedGauge.record(alerts)
        rememberedBytesGauge.record(alerts * KnownAlerts.bytesOfAlert)
    }

    func expired(_ count: Int) { expiredCounter.increment(by: count) }

    func conflict() { conflictCounter.increment() }

    func expiry(isOpen: Bool) { expiryGauge.record(isOpen ? 1 : 0) }
}
