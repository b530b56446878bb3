import Postgres
import Testing

@Suite(.timeLimit(.minutes(10))) struct TransactionTests {
    /// `account`: one row, id 1, balance 0.
    private func withAccount(_ body: (PostgresPool, String) async throws -> Void) async throws {
        try await withPool { pool, url async throws in
            try await pool.withConnection {
                try await $0.execute(
                    script: "CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL); INSERT INTO account VALUES (1, 0)")
            }
            try await body(pool, url)
        }
    }

    private func balance(_ pool: PostgresPool) async throws -> Int {
        try await pool.query("SELECT balance FROM account WHERE id = 1")[0].int("balance")
    }

    @Test func `What a body did is there after it returned, and not after it threw`() async throws {
        try await withAccount { pool, _ async throws in
            try await pool.withTransaction { _ = try await $0.query("UPDATE account SET balance = 1") }
            #expect(try await balance(pool) == 1)
            await #expect(throws: Refusal()) {
                try await pool.withTransaction { connection in
                    _ = try await connection.query("UPDATE account SET balance = 2")
                    throw Refusal()
                }
            }
            #expect(try await balance(pool) == 1)
            #expect(pool.statistics.open == 1)
        }
    }

    @Test func `A rollback that fails keeps both errors`() async throws {
        try await withAccount { pool, url async throws in
            let error = try await #require(throws: PostgresTransactionError.self) {
                try await pool.withTransaction { connection in
                    _ = try await connection.query("UPDATE account SET balance = 2")
                    try await terminate(backend: connection.backendID(), url: url)
                    throw Refusal()
                }
            }
            #expect(error.cause as? Refusal == Refusal())
            #expect(error.rollback.isConnectionFault)
            #expect(try await balance(pool) == 0)
        }
    }

    @Test func `A connection lost during COMMIT is reported as unknown, and the body is not run again`() async throws {
        try await withAccount { pool, url async throws in
            let runs = Shared(0)
            let error = try await #require(throws: PostgresError.self) {
                try await pool.withTransaction { connection in
                    runs.withLock { $0 += 1 }
                    try await terminate(backend: connection.backendID(), url: url)
                }
            }
            #expect(error.code == .commitUnknown)
            #expect(error.isConnectionFault)
            #expect(!error.isRetriable)
            #expect(runs.withLock(\.self) == 1)
        }
    }

    @Test func `A failure that the body swallowed is not taken for a commit`() async throws {
        try await withAccount { pool, _ async throws in
            let error = try await #require(throws: PostgresError.self) {
                try await pool.withTransaction { connection in
                    _ = try await connection.query("UPDATE account SET balance = 5")
                    _ = try? await connection.query("SELECT 1 / 0")  // the mistake under test
                }
            }
            #expect(error.code == .transactionAborted)
            #expect(try await balance(pool) == 0)
        }
    }

    @Test(arguments: [(collisions: 1, retries: 3, runs: 2), (2, 2, 3), (9, 2, 3), (9, 0, 1)])
    func `A serialization failure runs the body again, as often as allowed`(collisions: Int, retries: Int, runs: Int) async throws {
        try await withAccount { pool, _ async throws in
            let count = Shared(0)
            let body: @Sendable (PostgresConnection) async throws -> Void = { connection in
                let run = count.withLock { count in
                    count += 1
                    return count
                }
                _ = try await connection.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                _ = try await connection.query("SELECT balance FROM account")
                // Somebody else writes between our read and our write: 40001.
                if run <= collisions { _ = try await pool.query("UPDATE account SET balance = balance + 1") }
                _ = try await connection.query("UPDATE account SET balance = balance + 100")
            }
            if collisions > retries {
                let error = try await #require(throws: PostgresError.self) { try await pool.withTransaction(retries: retries, body) }
                #expect(error.sqlState == "40001")
                #expect(error.isRetriable)
                #expect(try await balance(pool) == runs)
            } else {
                try await pool.withTransaction(retries: retries, body)
                #expect(try await balance(pool) == 100 + collisions)
            }
            #expect(count.withLock(\.self) == runs)
        }
    }

    @Test func `Only conflicts run the body again`() async throws {
        try await withAccount { pool, _ async throws in
            let runs = Shared(0)
            let error = try await #require(throws: PostgresError.self) {
                try await pool.withTransaction { connection in
                    runs.withLock { $0 += 1 }
                    _ = try await connection.query("INSERT INTO account VALUES (1, 0)")
                }
            }
            #expect(error.isUniqueViolation)
            #expect(error.isRetriable)
            #expect(error.constraint == "account_pkey")
            #expect(runs.withLock(\.self) == 1)
        }
    }
}
