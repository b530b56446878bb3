import TestKit
import Testing

@testable import Postgres

/// Several statements in one round trip.
@Suite(.timeLimit(.minutes(10))) struct PipelineTests {
    /// `t`: one column, `a int PRIMARY KEY`, no rows.
    private func withTable(preparedStatements: Bool = true, _ body: (PostgresPool, String) async throws -> Void) async throws {
        try await withPool(preparedStatements: preparedStatements) { pool, url async throws in
            try await pool.withConnection { try await $0.execute(script: "CREATE TABLE t (a int PRIMARY KEY)") }
            try await body(pool, url)
        }
    }

    private func rows(_ pool: PostgresPool) async throws -> [Int] {
        try await pool.query("SELECT a FROM t ORDER BY a").map { try $0.int("a") }
    }

    @Test(arguments: [true, false]) func `Statements answer in order, in one round trip`(prepared: Bool) async throws {
        try await withTable(preparedStatements: prepared) { pool, _ async throws in
            try await pool.withConnection { connection in
                for number in 1...2 {
                    let before = pool.roundTrips
                    let results = try await connection.query([
                        PostgresStatement("INSERT INTO t VALUES ($1)", [number]),
                        PostgresStatement("SELECT $1::text AS word", ["x\(number)"]), PostgresStatement("SELECT count(*) AS n FROM t"),
                    ])
                    #expect(results[0].affected == 1)
                    #expect(try results[1][0].string("word") == "x\(number)")
                    #expect(try results[2][0].int("n") == number)
                    #expect(pool.roundTrips == before + 1)
                }
            }
        }
    }

    @Test func `A transaction whose statements are queued takes one round trip, and one that reads takes two`() async throws {
        try await withTable { pool, _ async throws in
            var before = pool.roundTrips
            let answer = try await pool.withTransaction { connection in
                connection.queue("INSERT INTO t VALUES (1)")
                return connection.queue("INSERT INTO t VALUES (2) RETURNING a")
            }
            #expect(try answer.rows()[0].int("a") == 2)
            #expect(pool.roundTrips == before + 1)
            before = pool.roundTrips
            try await pool.withTransaction { connection in
                connection.queue("INSERT INTO t VALUES (3)")
                let count = try await connection.query("SELECT count(*) AS n FROM t")[0].int("n")
                connection.queue("INSERT INTO t VALUES ($1)", [count + 10])
            }
            #expect(pool.roundTrips == before + 2)
            #expect(try await rows(pool) == [1, 2, 3, 13])
        }
    }

    @Test func `A failure is the statement's own, and none after it is carried out`() async throws {
        try await withTable { pool, _ async throws in
            try await pool.withConnection { connection in
                let first = connection.queue("-- first\nINSERT INTO t VALUES (1)")
                let second = connection.queue("-- second\nINSERT INTO t VALUES ($1)", [1])
                let third = connection.queue("-- third\nINSERT INTO t VALUES (3)")
                let error = try await #require(throws: PostgresError.self) { try await connection.flush() }
                #expect(error.statementName == "second")
                #expect(error.isUniqueViolation)
                #expect(try first.rows().affected == 1)
                for answer in [second, third] { #expect(throws: PostgresError.self) { try answer.rows() } }
                // Without BEGIN they are one transaction, and the session is in order again.
                #expect(try await connection.query("SELECT * FROM t").isEmpty)
                #expect(try await connection.query("-- second\nINSERT INTO t VALUES ($1)", [1]).affected == 1)
            }
            #expect(pool.statistics.open == 1)
        }
    }

    @Test func `A failure that comes with COMMIT undoes everything`() async throws {
        try await withTable { pool, _ async throws in
            let error = try await #require(throws: PostgresError.self) {
                try await pool.withTransaction { connection in
                    connection.queue("-- good\nINSERT INTO t VALUES (1)")
                    connection.queue("-- bad\nINSERT INTO t VALUES (1)")
                    connection.queue("-- never\nINSERT INTO t VALUES (2)")
                }
            }
            #expect(error.code == .server)
            #expect(error.statementName == "bad")
            #expect(try await rows(pool).isEmpty)
            #expect(pool.statistics.open == 1)
        }
    }

    @Test func `A statement that cannot be read fails by itself, and the next one gets a name that is free`() async throws {
        try await withTable { pool, _ async throws in
            try await pool.withConnection { connection in
                let error = try await #require(throws: PostgresError.self) {
                    try await connection.query([
                        PostgresStatement("-- fine\nSELECT 1"), PostgresStatement("-- broken\nSELEKT"),
                        PostgresStatement("-- behind\nSELECT 2"),
                    ])
                }
                #expect(error.statementName == "broken")
                #expect(error.sqlState == "42601")
                for word in ["a", "b"] { #expect(try await connection.query("-- next\nSELECT $1 AS w", [word])[0].string("w") == word) }
            }
        }
    }

    @Test func `What a failed body has queued is not sent`() async throws {
        try await withTable { pool, _ async throws in
            await #expect(throws: Refusal()) {
                try await pool.withTransaction { connection in
                    connection.queue("INSERT INTO t VALUES (1)")
                    throw Refusal()
                }
            }
            await #expect(throws: Refusal()) {
                try await pool.withConnection { connection in
                    connection.queue("INSERT INTO t VALUES (2)")
                    throw Refusal()
                }
            }
            try await pool.withConnection { _ = $0.queue("INSERT INTO t VALUES (3)") }
            #expect(try await rows(pool) == [3])
            #expect(pool.statistics.open == 1)
        }
    }

    @Test func `An answer that was not waited for is an error`() async throws {
        try await withTable { pool, _ async throws in
            try await pool.withConnection { connection in
                let answer = connection.queue("SELECT 1")
                #expect(throws: PostgresError.self) { try answer.rows() }
            }
        }
    }

    @Test func `Messages larger than any buffer pass in both directions`() async throws {
        try await withTable { pool, _ async throws in
            let large = String(repeating: "0123456789abcdef", count: 1 << 16)
            let results = try await pool.withConnection { connection in
                try await connection.query((0..<12).map { _ in PostgresStatement("SELECT $1::text AS echo", [large]) })
            }
            for result in results { #expect(try result[0].string("echo") == large) }
        }
    }

    @Test func `A connection that breaks in the round trip of COMMIT leaves the outcome unknown`() async throws {
        try await withTable { pool, url async throws in
            let runs = Shared(0)
            let error = try await #require(throws: PostgresError.self) {
                try await pool.withTransaction { connection in
                    runs.withLock { $0 += 1 }
                    connection.queue("INSERT INTO t VALUES (1)")
                    connection.queue("SELECT pg_terminate_backend(pg_backend_pid())")
                }
            }
            #expect(error.code == .commitUnknown)
            #expect(runs.withLock(\.self) == 1)
            #expect(try await rows(pool).isEmpty)
        }
    }

    @Test func `A connection that breaks in the middle is lost, with all that was queued`() async throws {
        try await withTable { pool, _ async throws in
            let error = try await #require(throws: PostgresError.self) {
                try await pool.withConnection { connection in
                    try await connection.query([
                        PostgresStatement("INSERT INTO t VALUES (1)"),
                        PostgresStatement("SELECT pg_terminate_backend(pg_backend_pid())"), PostgresStatement("INSERT INTO t VALUES (2)"),
                    ])
                }
            }
            #expect(error.code == .connectionLost)
            #expect(error.sqlState == "57P01")
            #expect(try await rows(pool).isEmpty)
        }
    }

    @Test func `A body whose BEGIN finds the connection dead runs again, once`() async throws {
        try await withTable { pool, _ async throws in
            let runs = Shared(0)
            let body: @Sendable (PostgresConnection) async throws -> Void = { connection in
                let run = runs.withLock { runs in
                    runs += 1
                    return runs
                }
                if run == 1 { connection.queue("SELECT pg_terminate_backend(pg_backend_pid())") }
                _ = try await connection.query("INSERT INTO t VALUES ($1)", [run])
            }
            try await pool.withTransaction(body)
            #expect(try await rows(pool) == [2])
        }
    }

    @Test func `A statement that takes too long ends alone, whatever the length of the round trip`() async throws {
        try await withPool(statementTimeoutMilliseconds: 600) { pool, _ async throws in
            try await pool.withConnection { connection in
                // Together longer than the time-out, each of them shorter.
                _ = try await connection.query((0..<4).map { _ in PostgresStatement("-- nap\nSELECT pg_sleep(0.3)") })
                let error = try await #require(throws: PostgresError.self) {
                    try await connection.query([PostgresStatement("-- nap\nSELECT 1"), PostgresStatement("-- sleep\nSELECT pg_sleep(20)")])
                }
                #expect(error.sqlState == "57014")
                #expect(error.statementName == "sleep")
            }
        }
    }

    @Test func `Plans are made anew when they are old, once for each interval, also between transactions`() async throws {
        let start = ContinuousClock.now
        let age = PlanAge()
        #expect(!age.isOver(now: start))
        let later = ContinuousClock.now.advanced(by: PlanAge.longest)
        #expect(age.isOver(now: later))
        #expect(!age.isOver(now: later))
        try await withTable { pool, _ async throws in
            for number in 1...2 {
                try await pool.withTransaction { connection in
                    connection.queue("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    connection.queue("INSERT INTO t VALUES ($1)", [number])
                }
                try await Task.sleep(for: PlanAge.longest)
            }
            #expect(try await rows(pool) == [1, 2])
        }
    }
}
