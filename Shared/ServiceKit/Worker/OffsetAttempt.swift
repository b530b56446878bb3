import Kafka
import Postgres

/// Stores, before it begins, that an attempt at the records of some partitions begins: the I/O of `Attempts`.
struct OffsetAttempt: Sendable {
    struct Step: Sendable, Hashable {
        let partition: TopicPartition
        /// nil where there is no row yet.
        let expected: StoredOffset?
        /// Offset of the first record. Where the log has a hole, or belongs to another cluster, this is where the row goes: between it
        /// and `expected` there is nothing to be read.
        let first: Int64
        let attempts: Int
    }

    let group: String
    let owner: String
    let clusterID: String
    /// Sorted by partition, so that two workers lock in the same order.
    let steps: [Step]

    /// Compare-and-set of all rows with one statement, a transaction of its own. Where its answer is lost it may have happened; a second
    /// try may then find rows that have moved, which costs a restart from the rows.
    /// - Returns: false when a row is not where we left it.
    func store(in pool: PostgresPool) async throws -> Bool {
        let rows = try await pool.query(
            """
            -- consumer_offsets.attempt
            WITH given AS (
                SELECT * FROM unnest($4::text[], $5::int[], $6::text[], $7::bigint[], $8::bigint[], $9::int[])
                    AS g(topic, partition, expected_cluster, expected, first, attempts)
            ), counted AS (
                UPDATE consumer_offsets AS stored
                SET cluster_id = $2, next_offset = given.first, owner = $3, attempted_offset = given.first, attempts = given.attempts,
                    updated_at = now()
                FROM given
                WHERE stored.consumer_group = $1 AND stored.topic = given.topic AND stored.partition = given.partition
                    AND given.expected IS NOT NULL AND stored.next_offset = given.expected AND stored.cluster_id = given.expected_cluster
                RETURNING 1
            ), begun AS (
                INSERT INTO consumer_offsets
                    (consumer_group, topic, partition, cluster_id, next_offset, owner, attempted_offset, attempts)
                SELECT $1, topic, partition, $2, first, $3, first, attempts FROM given WHERE expected IS NULL
                ON CONFLICT (consumer_group, topic, partition) DO NOTHING
                RETURNING 1
            )
            SELECT (SELECT count(*) FROM counted) + (SELECT count(*) FROM begun) AS stored
            """,
            [
                group, clusterID, owner, steps.map(\.partition.topic), steps.map(\.partition.partition), steps.map(\.expected?.clusterID),
                steps.map(\.expected?.next), steps.map(\.first), steps.map(\.attempts),
            ])
        return try rows.first?.int("stored") == steps.count
    }
}
