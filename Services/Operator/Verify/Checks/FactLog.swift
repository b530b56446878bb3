import FoundationEssentials
import Kafka
import Models

/// Names a published fact, in 24 bytes: `ce_id` without its text.
struct FactKey: Sendable, Hashable {
    /// Incident or delivery.
    let subject: UUID
    /// Sequence of the event, or the rank of the delivery's state.
    let number: Int64

    init(event incident: IncidentID, sequence: Int64) {
        subject = incident.uuid
        number = sequence
    }

    /// nil for a state that is no end.
    init?(delivery: DeliveryID, state: String) {
        let states = NotificationRecord.State.allCases.map(\.rawValue)
        guard let rank = states.firstIndex(of: state) else { return nil }
        subject = delivery.uuid
        number = Int64(rank)
    }

    /// From `ce_id`; nil for the id of something else.
    init?(id: String, topic: String) {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false)
        if topic == Topic.incidents.name, parts.count == 2, let incident = IncidentID(String(parts[0])), let sequence = Int64(parts[1]) {
            self.init(event: incident, sequence: sequence)
        } else if topic == Topic.notifications.name, parts.count == 3, let delivery = DeliveryID(String(parts[0])) {
            self.init(delivery: delivery, state: String(parts[1]))
        } else {
            return nil
        }
    }
}

/// What a topic of facts holds of the window: a few words a record.
struct FactLog: Sendable {
    /// What the log says of one fact.
    enum Presence: Sendable, Hashable {
        /// With the first record's place and the number of records.
        case published(RecordPlace, times: Int)
        case missing
        /// The log no longer holds what was published then.
        case outOfReach
    }

    private struct Entry {
        let place: RecordPlace
        var times: UInt32
        var isKnown: Bool
    }

    private(set) var spans: [Int32: TopicReader.Span]
    private var entries: [FactKey: Entry] = [:]
    /// Time of the oldest record of partitions that were trimmed into the window.
    private var reachesBackTo: [Int32: Timestamp] = [:]

    init(spans: [Int32: TopicReader.Span]) { self.spans = spans }

    var count: Int { entries.count }

    /// - Parameter isWanted: its time is one that is looked at; others only show how far back the log reaches.
    mutating func take(_ record: IncomingRecord, isWanted: Bool) {
        let partition = record.partition
        if reachesBackTo[partition] == nil, let span = spans[partition], span.low > 0, span.start == span.low {
            reachesBackTo[partition] = Timestamp(microseconds: max(0, record.timestampMilliseconds) * 1000)
        }
        guard isWanted, let id = record.header("ce_id"), let key = FactKey(id: id, topic: record.topic) else { return }
        entries[key, default: Entry(place: RecordPlace(partition: partition, offset: record.offset), times: 0, isKnown: false)].times += 1
    }

    /// - Parameters:
    ///   - key: of the record: the incident's id.
    ///   - time: when the fact came to be, at the earliest.
    mutating func presence(of fact: FactKey, key: String, since time: Timestamp) -> Presence {
        if let index = entries.index(forKey: fact) {
            entries.values[index].isKnown = true
            return .published(entries[index].value.place, times: Int(entries[index].value.times))
        }
        return isOutOfReach(FactPartition.of(Array(key.utf8), partitions: spans.count), time) ? .outOfReach : .missing
    }

    /// Facts that nobody asked for.
    var unknown: [(fact: FactKey, place: RecordPlace)] { entries.filter { !$0.value.isKnown }.map { ($0.key, $0.value.place) } }

    private func isOutOfReach(_ partition: Int32, _ time: Timestamp) -> Bool {
        guard let span = spans[partition], span.low > 0 else { return false }
        // Empty and trimmed: it was there, nobody knows until when.
        if span.low == span.high { return true }
        return span.start == span.low && reachesBackTo[partition].map { $0 > time } ?? false
    }
}
