import FoundationEssentials
import TestKit
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(10))) struct PoolTests {
    @Test func `Never more connections than allowed, and every caller is served`() async throws {
        try await withPool(maxConnections: 3) { pool, _ async throws in
            let most = Shared((now: 0, most: 0))
            try await withThrowingTaskGroup { group in
                for _ in 0..<40 {
                    group.addTask {
                        try await pool.withConnection { connection in
                            most.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                            _ = try await connection.query("SELECT pg_sleep(0.002)")
                            most.withLock { $0.now -= 1 }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(most.withLock { $0.most } == 3)
            #expect(pool.statistics == PoolStatistics(open: 3, idle: 3, waiting: 0))
        }
    }

    @Test func `Statements that take long keep neither each other nor the tasks of the process from running`() async throws {
        let sleepers = 20
        try await withPool(maxConnections: sleepers + 1, statementTimeoutMilliseconds: 60_000) { pool, _ async throws in
            let tasks = (0..<sleepers).map { _ in Task { try await pool.query("SELECT pg_sleep(60)") } }
            var asleep = 0
            while asleep < sleepers {
                asleep = try await pool.query(
                    "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'")[0].int("n")
            }
            _ = try await pool.query(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'")
            for task in tasks {
                let error = await #expect(throws: PostgresError.self) { try await task.value }
                #expect(error?.sqlState == "57014")
            }
        }
    }

    @Test func `A connection is used again, and a statement prepared once`() async throws {
        try await withPool { pool, _ async throws in
            let first = try await pool.withConnection { try await $0.backendID() }
            let second = try await pool.withConnection { try await $0.backendID() }
            #expect(first == second)
            let prepared = try await pool.query(
                "SELECT count(*) AS n FROM pg_prepared_statements WHERE statement = 'SELECT pg_backend_pid() AS pid'")
            #expect(try prepared[0].int("n") == 1)
        }
    }

    @Test func `Who waits too long is told so, and the pool still works`() async throws {
        try await withPool(maxConnections: 1, acquireTimeoutMilliseconds: 50) { pool, _ async throws in
            try await pool.withConnection { _ in
                let error = try await #require(throws: PostgresError.self) { try await pool.query("SELECT 1") }
                #expect(error.code == .poolTimeout)
                #expect(error.isRetriable)
                #expect(!error.isConnectionFault)
            }
            #expect(try await pool.query("SELECT 1 AS one")[0].int("one") == 1)
            #expect(pool.statistics == PoolStatistics(open: 1, idle: 1, waiting: 0))
        }
    }

    @Test func `A cancelled waiter leaves the queue at once and takes nothing with it`() async throws {
        try await withPool(maxConnections: 1) { pool, _ async throws in
            try await pool.withConnection { _ in
                let waiter = Task { try await pool.query("SELECT 1") }
                await eventually { pool.statistics.waiting == 1 }
                waiter.cancel()
                await #expect(throws: CancellationError.self) { try await waiter.value }
                #expect(pool.statistics.waiting == 0)
            }
            #expect(try await pool.query("SELECT 1 AS one")[0].int("one") == 1)
        }
    }

    @Test func `Cancelled before it waits is the same`() async throws {
        try await withPool(maxConnections: 1) { pool, _ async throws in
            try await pool.withConnection { _ in
                let waiter = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    _ = try await pool.query("SELECT 1")
                }
                await #expect(throws: CancellationError.self) { try await waiter.value }
                #expect(pool.statistics.waiting == 0)
            }
        }
    }

    @Test func `Waiters are served in the order of arrival`() async throws {
        try await withPool(maxConnections: 1) { pool, _ async throws in
            let served = Shared<[Int]>([])
            let waiters = try await pool.withConnection { _ in
                var waiters: [Task<Void, any Error>] = []
                for number in 0..<5 {
                    waiters.append(Task { try await pool.withConnection { _ in served.withLock { $0.append(number) } } })
                    await eventually { pool.statistics.waiting == number + 1 }
                }
                return waiters
            }
            for waiter in waiters { try await waiter.value }
            #expect(served.withLock(\.self) == [0, 1, 2, 3, 4])
        }
    }

    @Test func `A connection that died while idle is replaced before anybody notices`() async throws {
        try await withPool(maxConnections: 2) { pool, url async throws in
            let victim = try await pool.withConnection { try await $0.backendID() }
            try await terminate(backend: victim, url: url)
            #expect(try await pool.query("SELECT pg_backend_pid() AS pid")[0].int("pid") != victim)
            try await terminate(backend: pool.withConnection { try await $0.backendID() }, url: url)
            try await pool.withTransaction { _ = try await $0.query("SELECT 1") }
            #expect(pool.statistics == PoolStatistics(open: 1, idle: 1, waiting: 0))
        }
    }

    @Test func `A connection that dies in use fails its user, not the next one`() async throws {
        try await withPool(maxConnections: 1) { pool, url async throws in
            let error = try await #require(throws: PostgresError.self) {
                try await pool.withConnection { connection in
                    try await terminate(backend: connection.backendID(), url: url)
                    _ = try await connection.query("SELECT 1")
                }
            }
            #expect(error.code == .connectionLost)
            #expect(error.sqlState == "57P01")
            #expect(error.isConnectionFault)
            #expect(pool.statistics == PoolStatistics(open: 0, idle: 0, waiting: 0))
            #expect(try await pool.query("SELECT 1 AS one")[0].int("one") == 1)
        }
    }

    @Test func `The place of a lost connection goes to the next waiter`() async throws {
        try await withPool(maxConnections: 1) { pool, url async throws in
            let waiter = try await pool.withConnection { connection in
                let waiter = Task { try await pool.query("SELECT 1 AS one")[0].int("one") }
                await eventually { pool.statistics.waiting == 1 }
                try await terminate(backend: connection.backendID(), url: url)
                await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
                return waiter
            }
            #expect(try await waiter.value == 1)
            #expect(pool.statistics == PoolStatistics(open: 1, idle: 1, waiting: 0))
        }
    }

    @Test func `A transaction left open costs the connection`() async throws {
        try await withPool(maxConnections: 1) { pool, _ async throws in
            let first = try await pool.withConnection { connection in
                try await connection.execute(script: "BEGIN")
                return try await connection.backendID()
            }
            #expect(try await pool.withConnection { try await $0.backendID() } != first)
        }
    }

    @Test func `A table that changed under a prepared statement costs one failure`() async throws {
        try await withPool(maxConnections: 1) { pool, _ async throws in
            try await pool.withConnection { try await $0.execute(script: "CREATE TABLE t (a int); INSERT INTO t VALUES (1)") }
            _ = try await read(pool)
            try await pool.withConnection { try await $0.execute(script: "ALTER TABLE t ADD COLUMN b int") }
            let error = try await #require(throws: PostgresError.self) { try await read(pool) }
            #expect(error.isRetriable)
            #expect(try await read(pool).count == 1)
        }
    }

    private func read(_ pool: PostgresPool) async throws -> Rows { try await pool.query("SELECT * FROM t") }

    @Test func `An unreachable database is an error, and the place in the pool is free again`() async throws {
        let configuration = PostgresConfiguration(
            url: "postgresql://nobody:hunter2@127.0.0.1:1/none", applicationName: "tests", maxConnections: 1)
        let pool = PostgresPool(configuration: configuration, logger: quiet)
        for _ in 0..<3 {
            let error = try await #require(throws: PostgresError.self) { try await pool.query("SELECT 1") }
            #expect(error.code == .connectionFailed)
            #expect(error.isRetriable && error.isConnectionFault)
        }
        #expect(pool.statistics == PoolStatistics(open: 0, idle: 0, waiting: 0))
    }

    @Test func `More connections than the server allows are refused as a fault of the surroundings, and the others work`() async throws {
        try await withPool { admin, url async throws in
            let role = "limited_" + UUID().uuidString.lowercased().filter { $0 != "-" }
            try await runSQL("CREATE ROLE \(role) LOGIN PASSWORD 'limited' CONNECTION LIMIT 2", at: url)
            let parts = try #require(url.wholeMatch(of: /([a-z]+:\/\/)[^@]*(@.*)/))
            let pool = PostgresPool(
                configuration: PostgresConfiguration(
                    url: "\(parts.1)\(role):limited\(parts.2)", applicationName: "limited", maxConnections: 6),
                logger: quiet)
            let outcomes = await withTaskGroup { group in
                for _ in 0..<24 {
                    group.addTask {
                        await Result { try await pool.query("SELECT pg_sleep(0.05)") }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for case .failure(let error) in outcomes {
                let error = try #require(error as? PostgresError)
                #expect(error.isConnectionFault && error.isRetriable)
            }
            #expect(outcomes.contains { if case .success = $0 { true } else { false } })
            for _ in 0..<5 { #expect(try await pool.query("SELECT 1 AS n")[0].int("n") == 1) }
            await pool.close()
            try await runSQL("DROP ROLE \(role)", at: url)
        }
    }

    @Test func `A closed pool refuses callers and waiters, and closes what comes back`() async throws {
        try await withPool(maxConnections: 1) { pool, _ async throws in
            try await pool.withConnection { connection in
                let waiter = Task { try await pool.query("SELECT 1") }
                await eventually { pool.statistics.waiting == 1 }
                await pool.close()
                let refusal = await #expect(throws: PostgresError.self) { try await waiter.value }
                #expect(refusal?.code == .closed)
                // What was accepted is finished.
                let one = try await connection.query("SELECT 1 AS one")[0].int("one")
                #expect(one == 1)
            }
            #expect(pool.statistics == PoolStatistics(open: 0, idle: 0, waiting: 0))
            let error = try await #require(throws: PostgresError.self) { try await pool.query("SELECT 1") }
            #expect(error.code == .closed)
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
