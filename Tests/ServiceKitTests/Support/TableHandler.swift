import Kafka
import Models
import Postgres
import ServiceKit
import Synchronization

/// Writes each record's value into `seen` and states one fact per record. Misbehaves on request.
final class TableHandler: BatchHandler {
    struct Bug: Error {}

    static let team = TeamID.random()

    /// Called for each record inside the transaction.
    private let inspect: @Sendable (_ index: Int, _ value: String) async throws -> Void
    /// Leaves its statement to the round trip of COMMIT.
    private let isQueueing: Bool
    private let told = Mutex(0)

    init(isQueueing: Bool = false, inspect: @escaping @Sendable (Int, String) async throws -> Void = { _, _ in }) {
        self.isQueueing = isQueueing
        self.inspect = inspect
    }

    /// Records that `committed` was told of.
    var committedRecords: Int { told.withLock { $0 } }

    func handle(_ records: [IncomingRecord], in connection: PostgresConnection, now: Timestamp) async throws -> [Fact] {
        let values = records.map { String(decoding: $0.value, as: UTF8.self) }
        for (index, value) in values.enumerated() { try await inspect(index, value) }
        connection.queue("INSERT INTO seen (value) SELECT unnest($1::text[])", [values])
        if !isQueueing { try await connection.flush() }
        return values.map { Self.fact($0, now: now) }
    }

    func committed(_ records: [IncomingRecord]) async { told.withLock { $0 += records.count } }

    static func fact(_ value: String, now: Timestamp = SystemClock.now()) -> Fact {
        Fact(
            topic: .incidents, key: "incident", teamID: team, id: "fact-\(value)", type: "tocsin.test.v1", source: "/tocsin/example",
            time: now,
            traceparent: nil, payload: Array(#"{"value":"\#(value)"}"#.utf8))
    }
}
