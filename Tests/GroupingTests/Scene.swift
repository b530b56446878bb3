import FoundationEssentials
import Grouping
import Models
import Testing

/// A grouper with its state in memory, for telling stories in batches.
struct Scene {
    static let team = TeamID(UUID(uuid: (1, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1)))
    /// 2026-11-21T05:00:00Z
    static let start = Timestamp(seconds: 1_795_237_200)

    var state: GroupState
    var now = Scene.start
    var history: [Occurrence.ID: Occurrence] = [:]
    private var nextNumber: Int64 = 1

    init(_ policy: TeamPolicy = TeamPolicy()) { state = GroupState(policies: [Scene.team: policy]) }

    /// Applies one batch and keeps its effects.
    @discardableResult
    mutating func apply(_ signals: Signal...) -> GroupingChanges { apply(signals) }

    @discardableResult
    mutating func apply(_ signals: [Signal]) -> GroupingChanges { run { $0.take(signals) } }

    @discardableResult
    mutating func expire() -> GroupingChanges { run { $0.expire() } }

    @discardableResult
    mutating func resolveDue() -> GroupingChanges { run { $0.resolveDue() } }

    /// What a person does by hand.
    mutating func carryOut(_ action: (Incident, Timestamp) throws -> IncidentEvent) throws {
        let incident = try #require(incidents.first)
        state = state.applying(GroupingChanges(events: [try action(incident, now)]))
    }

    mutating func wait(_ seconds: Int) { now = now.adding(seconds: seconds) }

    private mutating func run(_ work: (inout GroupingBatch) -> Void) -> GroupingChanges {
        var id = UInt8(truncatingIfNeeded: nextNumber)
        var batch = GroupingBatch(state: state, now: now) {
            defer { id += 1 }
            return IncidentID(UUID(uuid: (2, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, id)))
        }
        work(&batch)
        let changes = batch.changes(numbers: (0..<batch.newIncidents).map { nextNumber + Int64($0) })
        nextNumber += Int64(batch.newIncidents)
        state = state.applying(changes)
        for var occurrence in changes.occurrences {
            if let known = history[occurrence.id] { occurrence.startsAt = known.startsAt }
            history[occurrence.id] = occurrence
        }
        return changes
    }

    // MARK: what is to be seen

    var incidents: [Incident] { state.incidents.values.sorted { $0.number < $1.number } }
    var open: [Incident] { incidents.filter { $0.status != .resolved } }

    func alert(_ name: String) -> Alert? {
        state.alerts[Alert.ID(teamID: Scene.team, fingerprint: Fingerprint(name))]
    }

    /// - Parameters:
    ///   - name: fingerprint and alert name.
    ///   - at: start in seconds after `Scene.start`.
    ///   - received: when the gateway had it; by default at its start.
    static func firing(
        _ name: String, service: String = "checkout", at start: Int = 0, received: Int? = nil, expires: Int? = nil,
        labels: Labels = ["severity": "warning"], annotations: Labels = [:], team: TeamID = Scene.team
    ) -> Signal {
        let labels = labels.merging(["alertname": name, "service": service]) { $1 }
        let fingerprint = Fingerprint(name)
        return Signal(
            teamID: team, source: "alertmanager", fingerprint: fingerprint, status: .firing, startsAt: Scene.start.adding(seconds: start),
            endsAt: nil, expiresAt: expires.map { Scene.start.adding(seconds: $0) }, labels: labels, annotations: annotations,
            generatorURL: nil, groupingKey: GroupingRules.standard.key(for: labels, fingerprint: fingerprint),
            receivedAt: Scene.start.adding(seconds: received ?? start))
    }

    static func resolved(
        _ name: String, service: String = "checkout", at start: Int = 0, end: Int = 10, received: Int? = nil
    ) -> Signal {
        var signal = firing(name, service: service, at: start)
        signal.status = .resolved
        signal.endsAt = Scene.start.adding(seconds: end)
        signal.receivedAt = Scene.start.adding(seconds: received ?? end)
        return signal
    }
}
