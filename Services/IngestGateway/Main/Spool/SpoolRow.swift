import FoundationEssentials
import GRDB
import Models

/// One alert as it lies in the spool.
struct SpoolRow: Sendable, Hashable {
    /// Its place: the order of arrival.
    let sequence: Int64
    let storedAt: Timestamp
    /// nil: the row cannot be understood.
    let fact: Fact?

    /// Never traps, whatever the row holds: GRDB's typed subscripts would.
    init(_ row: Row) throws {
        func value<Value: DatabaseValueConvertible>(_ index: Int) -> Value? { Value.fromDatabaseValue(row[index] as DatabaseValue) }
        guard row.count == 11, let sequence: Int64 = value(0) else {
            throw SpoolFailure(cause: .corrupt, reason: "a row without a place")
        }
        self.sequence = sequence
        storedAt = Timestamp(microseconds: value(1) ?? 0)
        guard let topicName: String = value(2), let topic = Topic.all.first(where: { $0.name == topicName }), let key: String = value(3),
            let team: String = value(4), let teamID = TeamID(team), let id: String = value(5), let type: String = value(6),
            let source: String = value(7), let time: Int64 = value(8), let payload: Data = value(10)
        else {
            fact = nil
            return
        }
        fact = Fact(
            topic: topic, key: key, teamID: teamID, id: id, type: type, source: source, time: Timestamp(microseconds: time),
            traceparent: value(9), payload: Array(payload))
    }

    /// - Parameter sequence: nil: behind all that are there.
    static func arguments(sequence: Int64?, _ fact: Fact, storedAt: Timestamp) -> StatementArguments {
        [
            sequence, storedAt.microseconds, fact.topic.name, fact.key, fact.teamID.description, fact.id, fact.type, fact.source,
            fact.time.microseconds, fact.traceparent, Data(fact.payload),
        ]
    }
}
