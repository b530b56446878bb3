import Models
import Postgres
import Store

/// Reads for the checks: short transactions on one connection that cannot write, with pauses between them.
struct VerifyDatabase: Sendable {
    /// Longest pause after a look.
    private static let maxPause = Duration.milliseconds(250)

    let pool: PostgresPool
    /// After each look waits as long as it took, so that at most half of one connection is kept busy.
    let isGentle: Bool

    /// One short read-only transaction.
    func read<R: Sendable>(_ body: @Sendable (PostgresConnection) async throws -> R) async throws -> R {
        try await paced {
            try await pool.withTransaction { connection in
                _ = try await connection.query(
                    """
                    -- verify read only
                    SET TRANSACTION READ ONLY
                    """)
                return try await body(connection)
            }
        }
    }

    /// As `read`, with one snapshot for all its statements.
    func snapshot<R: Sendable>(_ body: @Sendable (PostgresConnection) async throws -> R) async throws -> R {
        try await paced {
            try await pool.withTransaction { connection in
                _ = try await connection.query(
                    """
                    -- verify snapshot
                    SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY
                    """)
                return try await body(connection)
            }
        }
    }

    private func paced<R>(_ body: () async throws -> R) async throws -> R {
        let start = ContinuousClock.now
        let result = try await body()
        if isGentle { try await Task.sleep(for: min(start.duration(to: .now), Self.maxPause)) }
        return result
    }
}

extension VerifyDatabase {
    /// The server's time: no two clocks are compared.
    func now() async throws -> Timestamp {
        let rows = try await read { connection in
            try await connection.query(
                """
                -- verify time
                SELECT now() AS now
                """)
        }
        guard let row = rows.first else { throw StoreError(message: "the server has no time") }
        return try row.timestamp("now")
    }

    /// How far a group has come; the offsets are read before anything that they are compared with.
    func consumption(of group: String, topic: Topic, clusterID: String?, since: Timestamp) async throws -> Consumption {
        try await read { connection in
            try await ConsumptionStore.read(group: group, topic: topic.name, clusterID: clusterID, since: since, in: connection)
        }
    }
}

/// SQL of offsets and dead letters.
enum ConsumptionStore {
    static let maxLetters = 100_000

    static func read(
        group: String, topic: String, clusterID: String?, since: Timestamp, in connection: PostgresConnection
    ) async throws -> Consumption {
        var offsets: [Int32: Int64] = [:]
        var foreign: Set<Int32> = []
        let rows = try await connection.query(
            """
            -- verify offsets
            SELECT partition, next_offset, $3::text IS NOT NULL AND cluster_id <> '' AND cluster_id <> $3 AS is_foreign
            FROM consumer_offsets WHERE consumer_group = $1 AND topic = $2
            """, [group, topic, clusterID])
        for row in rows {
            let partition = Int32(try row.int("partition"))
            if try row.bool("is_foreign") { foreign.insert(partition) } else { offsets[partition] = try row.int64("next_offset") }
        }
        let letters = try await letters(group: group, topic: topic, clusterID: clusterID, since: since, in: connection)
        return Consumption(offsets: offsets, foreign: foreign, letters: letters)
    }

    private static func letters(
        group: String, topic: String, clusterID: String?, since: Timestamp, in connection: PostgresConnection
    ) async throws -> [RecordPlace: Bool] {
        let rows = try await connection.query(
            """
            -- verify dead letters
            SELECT partition, "offset", redriven_at IS NOT NULL AS redriven FROM dead_letters
            WHERE consumer_group = $1 AND topic = $2 AND created_at >= $4 AND ($3::text IS NULL OR cluster_id IN ('', $3)) LIMIT $5
            """, [group, topic, clusterID, since, maxLetters + 1])
        guard rows.count <= maxLetters else {
            throw OperatorFailure.refused("more than \(maxLetters) dead letters of \(group): tocsin deadletters list")
        }
        var letters: [RecordPlace: Bool] = [:]
        for row in rows {
            letters[RecordPlace(partition: Int32(try row.int("partition")), offset: try row.int64("offset"))] = try row.bool("redriven")
        }
        return letters
    }
}
