import Models
import Rollup

/// metrics-aggregator. Decisions: EventCatchUp, Rollup.
struct MeasureHandling: Handler {
    static let group = "metrics-aggregator"
    let world: World

    static func boot(_ process: Process, _ group: ConsumerGroup) {
        _ = Consumer(
            process.fiber("incidents"), group, maxRecords: 20, publisher: DirectPublisher(process),
            handler: MeasureHandling(world: process.world))
    }

    func statements(_ batch: Batch, now: Timestamp) -> (statements: [Statement], retry: Retry?) {
        var events: [IncidentEvent] = []
        var rollup = Rollup(measures: [:])
        return (
            [
                Statement("unseen events") { events = try $0.unseen(try decode(batch), by: Self.group) },
                Statement("lock measures") { transaction in
                    rollup = Rollup(measures: try transaction.lockMeasures(Set(events.map(\.incident.id)).sorted()))
                    for event in events { rollup.apply(event) }
                },
                Statement("save measures") { transaction in
                    transaction.save(rollup.changed.sorted().compactMap { rollup.measures[$0] })
                    try transaction.add(world.has(.rollupTakesNothingAway) ? additions(rollup) : rollup.deltas)
                },
            ], nil
        )
    }

    func committed(_ batch: Batch) {}

    private func additions(_ rollup: Rollup) -> [RollupKey: RollupCell] {
        Rollup.recompute(rollup.changed.sorted().compactMap { rollup.measures[$0] })
    }
}

extension Handler {
    /// The events of a batch.
    func decode(_ batch: Batch) throws -> [IncidentEvent] {
        try batch.records.enumerated().map { index, entry in
            guard let event = try? IncidentEvent(decoding: entry.record.value) else { throw StoreFault.poison(index: index) }
            return event
        }
    }
}
