package import Kafka
import Postgres

/// The row of `consumer_offsets` for one partition, as far as the compare-and-set goes.
package struct StoredOffset: Sendable, Hashable {
    package var clusterID: String
    package var next: Int64

    package init(clusterID: String, next: Int64) {
        self.clusterID = clusterID
        self.next = next
    }
}

/// The row as it is read at the start.
struct OffsetRow: Sendable, Hashable {
    var offset: StoredOffset
    /// How often the processing of the records from `offset.next` on was begun; see `Attempts`.
    var attempts: Int
}

/// The step of a consumer group from the offsets it believes in to the ones after a batch.
package struct OffsetAdvance: Sendable {
    package struct Step: Sendable, Hashable {
        package let partition: TopicPartition
        /// nil where there is no row yet.
        package let expected: StoredOffset?
        package let next: Int64

        package init(partition: TopicPartition, expected: StoredOffset?, next: Int64) {
            self.partition = partition
            self.expected = expected
            self.next = next
        }
    }

    package enum Found: Sendable, Hashable {
        /// Every row stands where this step leads.
        case done
        /// Every row stands where this step starts.
        case notDone
        /// Somebody else was here.
        case fenced
    }

    package let group: String
    package let owner: String
    package let clusterID: String
    /// Sorted by partition, so that two workers lock in the same order.
    package let steps: [Step]

    package init(group: String, owner: String, clusterID: String, steps: [Step]) {
        self.group = group
        self.owner = owner
        self.clusterID = clusterID
        self.steps = steps
    }

    /// Leaves the compare-and-set of all rows, one statement, to the transaction's next round trip. Where any row is not where we left it
    /// the statement fails, so that not even a COMMIT that is sent along with it can pass: see ``isRefusal(_:)``.
    func queue(in connection: PostgresConnection) {
        connection.queue(
            """
            -- consumer_offsets.advance
            WITH given AS (
                SELECT * FROM unnest($4::text[], $5::int[], $6::text[], $7::bigint[], $8::bigint[])
                    AS g(topic, partition, expected_cluster, expected, next)
            ), moved AS (
                UPDATE consumer_offsets AS stored
                SET cluster_id = $2, next_offset = given.next, owner = $3, updated_at = now()
                FROM given
                WHERE stored.consumer_group = $1 AND stored.topic = given.topic AND stored.partition = given.partition
                    AND given.expected IS NOT NULL AND stored.next_offset = given.expected AND stored.cluster_id = given.expected_cluster
                RETURNING 1
            ), begun AS (
                INSERT INTO consumer_offsets (consumer_group, topic, partition, cluster_id, next_offset, owner)
                SELECT $1, topic, partition, $2, next, $3 FROM given WHERE expected IS NULL
                ON CONFLICT (consumer_group, topic, partition) DO NOTHING
                RETURNING 1
            )
            SELECT 1 / ((SELECT count(*) FROM moved) + (SELECT count(*) FROM begun) = cardinality($8::bigint[]))::int AS advanced
            """,
            [
                group, clusterID, owner, steps.map(\.partition.topic), steps.map(\.partition.partition), steps.map(\.expected?.clusterID),
                steps.map(\.expected?.next), steps.map(\.next),
            ])
    }

    /// Whether the transaction failed because another process had moved an offset: the statement above divides by zero then, and
    /// divides nothing else.
    static func isRefusal(_ error: PostgresError) -> Bool {
        error.sqlState == "22012" && error.statementName == "consumer_offsets.advance"
    }

    /// Compares with rows read after a COMMIT whose outcome was not seen.
    package func compare(_ stored: [TopicPartition: StoredOffset]) -> Found {
        if steps.allSatisfy({ stored[$0.partition] == StoredOffset(clusterID: clusterID, next: $0.next) }) { return .done }
        return steps.allSatisfy { stored[$0.partition] == $0.expected } ? .notDone : .fenced
    }

    /// The rows of these partitions.
    static func read(
        group: String, _ partitions: [TopicPartition], _ pool: PostgresPool
    ) async throws -> [TopicPartition: OffsetRow] {
        let rows = try await pool.query(
            """
            -- consumer_offsets.read
            SELECT stored.topic, stored.partition, stored.cluster_id, stored.next_offset,
                CASE WHEN stored.attempted_offset = stored.next_offset THEN stored.attempts ELSE 0 END AS attempts
            FROM consumer_offsets AS stored
            JOIN unnest($2::text[], $3::int[]) AS g(topic, partition) USING (topic, partition)
            WHERE stored.consumer_group = $1
            """, [group, partitions.map(\.topic), partitions.map(\.partition)])
        let pairs = try rows.map { row in
            let partition = TopicPartition(topic: try row.string("topic"), partition: Int32(try row.int("partition")))
            let offset = StoredOffset(clusterID: try row.string("cluster_id"), next: try row.int64("next_offset"))
            return (partition, OffsetRow(offset: offset, attempts: try row.int("attempts")))
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
