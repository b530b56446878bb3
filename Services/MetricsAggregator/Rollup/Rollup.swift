package import Models

/// Turns events into new measures and into the differences they make to the rollup cells.
package struct Rollup: Sendable {
    /// The incidents' measures, before and after.
    package private(set) var measures: [IncidentID: Measure]
    /// Incidents whose measure changed.
    package private(set) var changed: Set<IncidentID> = []
    /// What to add to each cell.
    package private(set) var deltas: [RollupKey: RollupCell] = [:]
    /// Durations that came to be known by these events, for histograms: seconds.
    package private(set) var acknowledged: [(severity: Severity, seconds: Double)] = []
    package private(set) var resolved: [(severity: Severity, seconds: Double)] = []

    /// - Parameter measures: those of the incidents that the events are about, as stored.
    package init(measures: [IncidentID: Measure]) { self.measures = measures }

    /// Takes an event in; one that the measure has seen already changes nothing.
    package mutating func apply(_ event: IncidentEvent) {
        let earlier = measures[event.incident.id]
        if let earlier, earlier.sequence >= event.sequence { return }
        let measure = Measure(after: event, earlier: earlier)
        if let earlier { deltas[earlier.key, default: RollupCell()].merge(earlier.contribution(times: -1)) }
        deltas[measure.key, default: RollupCell()].merge(measure.contribution())
        if earlier?.firstAckedAt == nil, let milliseconds = measure.acknowledgeMilliseconds {
            acknowledged.append((measure.severity, Double(milliseconds) / 1000))
        }
        if event.kind == .resolved, let milliseconds = measure.resolveMilliseconds {
            resolved.append((measure.severity, Double(milliseconds) / 1000))
        }
        measures[event.incident.id] = measure
        changed.insert(event.incident.id)
    }

    /// The cells that a set of measures makes: what `apply` keeps incrementally, computed anew.
    package static func recompute(_ measures: some Sequence<Measure>) -> [RollupKey: RollupCell] {
        var cells: [RollupKey: RollupCell] = [:]
        for measure in measures { cells[measure.key, default: RollupCell()].merge(measure.contribution()) }
        return cells
    }
}
