import FoundationEssentials
import Glibc
@testable import Postgres
import TestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct ConnectionTests {
    static let serverIsOurs = ProcessInfo.processInfo.environment["DATABASE_URL", default: ""].isEmpty

    private func configuration(_ url: String, statementTimeoutMilliseconds: Int = 5000) -> PostgresConfiguration {
        PostgresConfiguration(url: url, applicationName: "tests", statementTimeoutMilliseconds: statementTimeoutMilliseconds)
    }

    @Test func `A notification reaches the session that listens`() async throws {
        try await withTestDatabase { url in
            let listener = try await PostgresConnection.connect(configuration(url), logger: quiet)
            let sender = try await PostgresConnection.connect(configuration(url), logger: quiet)
            _ = try await listener.query("LISTEN outbox")
            #expect(try await listener.notifications(waitMilliseconds: 0) == [])
            _ = try await sender.query("SELECT pg_notify('outbox', $1)", ["4711"])
            #expect(
                try await listener.notifications(waitMilliseconds: 10_000) == [PostgresNotification(channel: "outbox", payload: "4711")])
            await sender.close()
            await listener.close()
            let error = try await #require(throws: PostgresError.self) { try await listener.notifications(waitMilliseconds: 0) }
            #expect(error.code == .closed)
        }
    }

    @Test func `A script runs as one transaction`() async throws {
        try await withPool { pool, _ async throws in
            try await pool.withConnection { connection in
                await #expect(throws: PostgresError.self) {
                    try await connection.execute(script: "CREATE TABLE t (a int); INSERT INTO t VALUES (1); SELECT 1 / 0")
                }
                let table = try await connection.query("SELECT to_regclass('t')::text AS name")[0].optionalString("name")
                #expect(table == nil)
            }
        }
    }

    @Test func `The server ends a statement that takes too long`() async throws {
        try await withPool(statementTimeoutMilliseconds: 50) { pool, _ async throws in
            let error = try await #require(throws: PostgresError.self) { try await pool.query("SELECT pg_sleep(30)") }
            #expect(error.sqlState == "57014")
            #expect(error.isRetriable)
            #expect(pool.statistics == PoolStatistics(open: 1, idle: 1, waiting: 0))
        }
    }

    @Test(.enabled(if: serverIsOurs, "DATABASE_URL is set: its processes cannot be stopped"))
    func `A server that is silent is given up, and the next caller is served`() async throws {
        try await withPool(maxConnections: 1, statementTimeoutMilliseconds: 100) { pool, _ async throws in
            let backend = pid_t(try await pool.withConnection { try await $0.backendID() })
            try #require(kill(backend, SIGSTOP) == 0)
            defer { kill(backend, SIGCONT) }
            let error = try await #require(throws: PostgresError.self) { try await pool.query("SELECT 1") }
            #expect(error.code == .connectionLost)
            #expect(try await pool.query("SELECT 1 AS one")[0].int("one") == 1)
        }
    }

    @Test func `COPY is refused and costs the connection`() async throws {
        try await withPool { pool, _ async throws in
            await #expect(throws: PostgresError.self) { try await pool.query("COPY (SELECT 1) TO STDOUT") }
            let one = try await pool.query("SELECT 1 AS one")[0].int("one")
            #expect(one == 1)
        }
    }

    @Test func `The session has our limits and name`() async throws {
        try await withPool(statementTimeoutMilliseconds: 4321) { pool, _ async throws in
            let row = try await pool.query(
                """
                SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
                       current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('application_name') AS name,
                       current_setting('client_encoding') AS encoding
                """)[0]
            #expect(try row.string("statement") == "4321ms")
            #expect(try row.string("lock") == "1s")
            #expect(try row.string("idle") == "10s")
            #expect(try row.string("name") == "tocsin-tests")
            #expect(try row.string("encoding") == "UTF8")
        }
    }
}
