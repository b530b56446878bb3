import FoundationEssentials
import Grouping
import Models

/// The decision of a batch, without reading and writing.
struct GroupingPaths {
    private static let batch = 500
    private static let now = Timestamp(seconds: 1_800_000_001)

    /// As many signals as a batch has, each an alert of its own; those of one service share an incident.
    private let new: [Signal]
    /// The same few alerts again and again.
    private let repeats: [Signal]
    private let known: GroupState

    init(like signals: [Signal]) {
        let models = signals
        new = (0..<Self.batch).map { number in
            var signal = models[number % models.count]
            signal.fingerprint = Fingerprint("hot-\(number)")
            signal.labels["service"] = "service-\(number / 20)"
            signal.groupingKey = GroupingRules.standard.key(for: signal.labels, fingerprint: signal.fingerprint)
            return signal
        }
        repeats = (0..<Self.batch).map { models[$0 % models.count] }
        var first = GroupingBatch(state: GroupState(), now: Self.now, newID: Self.ids())
        first.take(models)
        known = GroupState().applying(first.changes(numbers: (0..<first.newIncidents).map { Int64($0) + 1 }))
    }

    var all: [HotPath] {
        [
            HotPath("grouping-new", new.count, "alert") { decide(new, GroupState()).newAlerts.count },
            HotPath("grouping-repeats", repeats.count, "alert") { decide(repeats, known).signals[.repeat] ?? 0 },
        ]
    }

    private func decide(_ signals: [Signal], _ state: GroupState) -> GroupingChanges {
        var batch = GroupingBatch(state: state, now: Self.now, newID: Self.ids())
        batch.take(signals)
        return batch.changes(numbers: (0..<batch.newIncidents).map { Int64($0) + 1 })
    }

    /// Ids that are the same in every run: their order decides how much sorting there is.
    private static func ids() -> () -> IncidentID {
        var next = UInt8(0)
        return {
            next &+= 1
            return IncidentID(UUID(uuid: (2, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, next)))
        }
    }
}
