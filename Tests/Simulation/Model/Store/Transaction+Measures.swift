import Models
import Rollup

/// The SQL of MeasureStore and RollupStore.
extension Transaction {
    func lockMeasures(_ ids: [IncidentID]) throws -> [IncidentID: Measure] {
        var measures: [IncidentID: Measure] = [:]
        for id in ids {
            try lock(.measure(id))
            measures[id] = writes.measures[id] ?? store.measures[id]
        }
        return measures
    }

    func save(_ measures: [Measure]) { for measure in measures { writes.measures[measure.incidentID] = measure } }

    func add(_ deltas: [RollupKey: RollupCell]) throws {
        for key in deltas.keys.sorted() {
            try lock(.cell(key))
            guard let delta = deltas[key] else { continue }
            var cell = writes.cells[key] ?? store.cells[key] ?? RollupCell()
            cell.merge(delta)
            writes.cells[key] = cell
        }
    }
}
