import Kafka
package import Models
package import Postgres

/// The table `outbox`: how a fact leaves the transaction that made it true.
package struct Outbox {
    /// Puts the facts into the outbox, in the given order, with one statement.
    /// - Returns: the rows, to be published once the transaction has committed.
    package static func insert(_ facts: [Fact], in connection: PostgresConnection) async throws -> [OutboxRow] {
        let entry = queue(facts, in: connection)
        try await connection.flush()
        return try entry.rows()
    }

    /// As ``insert(_:in:)``, with the transaction's next round trip, which may be that of its COMMIT.
    package static func queue(_ facts: [Fact], in connection: PostgresConnection) -> OutboxEntry {
        guard !facts.isEmpty else { return OutboxEntry(facts: [], answer: nil) }
        let answer = connection.queue(
            """
            -- outbox.insert
            WITH given AS (
                SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                                     $8::text[], $9::text[])
                    WITH ORDINALITY AS f(team_id, topic, key, ce_id, ce_type, source, occurred_at, traceparent, payload, position)
            )
            INSERT INTO outbox (team_id, topic, key, ce_id, ce_type, source, occurred_at, traceparent, payload)
            SELECT team_id, topic, key, ce_id, ce_type, source, occurred_at, traceparent, payload FROM given ORDER BY position
            RETURNING id
            """,
            [
                facts.map(\.teamID.uuid), facts.map(\.topic.name), facts.map(\.key), facts.map(\.id), facts.map(\.type),
                facts.map(\.source), PostgresArray.timestamps(facts.map(\.time.microseconds)), facts.map(\.traceparent),
                PostgresArray.utf8(facts.map(\.payload)),
            ])
        return OutboxEntry(facts: facts, answer: answer)
    }

    /// Claims up to `limit` rows that have waited longer than `graceMilliseconds`, oldest first, for the length of the transaction.
    /// Rows that another relay holds are passed over.
    static func claim(limit: Int, graceMilliseconds: Int, in connection: PostgresConnection) async throws -> [OutboxRow] {
        let rows = try await connection.query(
            """
            -- outbox.claim
            SELECT id, team_id, topic, key, ce_id, ce_type, source, occurred_at, traceparent, payload
            FROM outbox
            WHERE created_at < now() - $2 * interval '1 millisecond'
            ORDER BY id
            LIMIT $1
            FOR UPDATE SKIP LOCKED
            """, [limit, graceMilliseconds])
        return try rows.map { row in try OutboxRow(id: row.int64("id"), record: record(row)) }
    }

    static let deleteSQL: StaticString = """
        -- outbox.delete
        DELETE FROM outbox WHERE id = ANY($1::bigint[])
        """

    /// How many rows wait (counted up to 10 000) and for how long the oldest has, in seconds.
    static func backlog(_ pool: PostgresPool) async throws -> (rows: Int, oldestSeconds: Double) {
        let rows = try await pool.query(
            """
            -- outbox.backlog
            SELECT count(*) AS rows, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest
            FROM (SELECT created_at FROM outbox ORDER BY id LIMIT 10000) AS waiting
            """)
        guard let row = rows.first else { return (0, 0) }
        return (try row.int("rows"), max(0, try row.double("oldest")))
    }

    private static func record(_ row: Row) throws -> OutgoingRecord {
        let fact = Fact(
            topic: .incidents, key: try row.string("key"), teamID: TeamID(try row.uuid("team_id")), id: try row.string("ce_id"),
            type: try row.string("ce_type"), source: try row.string("source"),
            time: Timestamp(microseconds: try row.microseconds("occurred_at")), traceparent: try row.optionalString("traceparent"),
            payload: try row.utf8("payload"))
        var record = fact.record
        // As it is written in the row: a newer release may know topics that this one does not.
        record.topic = try row.string("topic")
        return record
    }
}
