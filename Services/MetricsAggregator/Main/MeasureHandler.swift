import Kafka
import Metrics
import Models
import Postgres
import Rollup
import ServiceKit
import Store
import Synchronization

/// Takes the facts of `tocsin.incidents` into the measures and the rollup, once each and in sequence.
struct MeasureHandler: BatchHandler {
    static let group = "metrics-aggregator"

    private let observed = Observations()

    func handle(_ records: [IncomingRecord], in connection: PostgresConnection, now: Timestamp) async throws -> [Fact] {
        let events = try await ProgressStore.unseen(try decode(records), by: MeasureHandler.group, in: connection)
        let measures = try await MeasureStore.lock(Array(Set(events.map(\.incident.id))), in: connection)
        var rollup = Rollup(measures: measures)
        for event in events { rollup.apply(event) }
        try await MeasureStore.save(rollup.changed.compactMap { rollup.measures[$0] }, in: connection)
        try await RollupStore.add(rollup.deltas, in: connection)
        observed.keep(rollup, events: events)
        return []
    }

    func committed(_ records: [IncomingRecord]) async { observed.publish() }

    private func decode(_ records: [IncomingRecord]) throws -> [IncidentEvent] {
        try records.enumerated().map { index, record in
            do { return try IncidentEvent(decoding: record.value) } catch {
                throw PoisonRecord(index: index, reason: "not an incident event: \(error)")
            }
        }
    }
}

/// Holds what a batch showed until its transaction has committed: a batch that is tried again is counted once.
private final class Observations: Sendable {
    private struct Pending {
        var acknowledged: [(severity: Severity, seconds: Double)] = []
        var resolved: [(severity: Severity, seconds: Double)] = []
        var kinds: [IncidentEvent.Kind] = []
    }

    private let pending = Mutex(Pending())

    func keep(_ rollup: Rollup, events: [IncidentEvent]) {
        pending.withLock {
            $0 = Pending(acknowledged: rollup.acknowledged, resolved: rollup.resolved, kinds: events.map(\.kind))
        }
    }

    func publish() {
        let pending = pending.withLock { state in
            defer { state = Pending() }
            return state
        }
        for kind in pending.kinds { AggregatorMetrics.events.counter([("kind", kind.rawValue)]).increment() }
        for (severity, seconds) in pending.acknowledged {
            AggregatorMetrics.acknowledge.recorder([("severity", severity.rawValue)]).record(seconds)
        }
        for (severity, seconds) in pending.resolved {
            AggregatorMetrics.resolve.recorder([("severity", severity.rawValue)]).record(seconds)
        }
    }
}
