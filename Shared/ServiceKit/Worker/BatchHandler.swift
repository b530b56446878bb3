package import Kafka
package import Models
package import Postgres

/// What a service does with the records of its topics.
package protocol BatchHandler: Sendable {
    /// Runs inside the transaction whose offset compare-and-set has succeeded, possibly several times for the same records: its only
    /// effects are statements on `connection`.
    ///
    /// - Returns: the facts that this makes true; they go into the outbox in the same transaction.
    /// - Throws: `PoisonRecord` to put one record aside; anything else is tried again, then narrowed down to the record that causes it.
    func handle(_ records: [IncomingRecord], in connection: PostgresConnection, now: Timestamp) async throws -> [Fact]

    /// After the commit: wake a due-row loop, update gauges. Not called again after a crash.
    func committed(_ records: [IncomingRecord]) async

    /// Partitions were assigned anew, or another process has moved an offset: what was kept in memory may be out of date. Called before
    /// the first batch of every assignment, while nothing else of the handler runs.
    func reset() async
}

extension BatchHandler {
    package func committed(_ records: [IncomingRecord]) async {}

    package func reset() async {}
}

/// A record that can never be handled: it goes to the dead letters, and the rest is handled again without it.
package struct PoisonRecord: Error, Sendable, Hashable {
    /// Position in the array given to `handle`.
    package let index: Int
    /// For the operator; goes into the table of dead letters.
    package let reason: String

    package init(index: Int, reason: String) {
        self.index = index
        self.reason = reason
    }
}
