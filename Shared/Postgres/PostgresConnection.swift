import Dispatch
package import Logging
import Synchronization

/// One session. Its calls run one after the other on a queue of its own, so libpq never blocks the cooperative pool.
///
/// From a pool: valid only inside the closure it was given to. Cancelling the task does not interrupt a running statement;
/// `statement_timeout` bounds it.
package final class PostgresConnection: Sendable {
    /// What the last call left behind; read by the pool when the connection comes back.
    private struct Condition {
        var isConnected = true
        var isInTransaction = false
        /// The server changed under a prepared statement: the session works, but is better replaced.
        var isStale = false
    }

    private let handle: LibPQConnection
    private let queue: DispatchQueue
    private let condition = Mutex(Condition())
    private let configuration: PostgresConfiguration

    private init(handle: LibPQConnection, queue: DispatchQueue, configuration: PostgresConfiguration) {
        self.handle = handle
        self.queue = queue
        self.configuration = configuration
    }

    /// Opens a session of its own, for LISTEN or migrations; close it when done.
    /// - Throws: ``PostgresError`` with code `connectionFailed` or `configuration`.
    package static func connect(_ configuration: PostgresConfiguration, logger: Logger) async throws -> PostgresConnection {
        let queue = DispatchQueue(label: "tocsin.postgres.connection")
        let handle = try await queue.run { try LibPQConnection(configuration) }
        let connection = PostgresConnection(handle: handle, queue: queue, configuration: configuration)
        do {
            try await connection.prepareSession()
        } catch let error as PostgresError {
            throw PostgresError.connectionFailed(error.message)
        }
        logger.debug("database connection opened")
        return connection
    }

    /// Runs one statement. It is prepared once per connection unless the configuration says otherwise.
    /// - Parameter sql: one statement, its first line `-- name`, parameters as `$1`, `$2`…
    /// - Throws: ``PostgresError``.
    package func query(_ sql: StaticString, _ parameters: [any PostgresEncodable] = []) async throws -> Rows {
        let text = sql.description
        let values = parameters.map(\.postgresValue)
        let named = configuration.preparedStatements
        let timeout = configuration.answerTimeoutMilliseconds
        return try await perform { handle in
            try handle.query(text, name: StatementName.of(text), parameters: values, named: named, timeoutMilliseconds: timeout)
        }
    }

    /// Runs several statements in one message, as one implicit transaction unless they say BEGIN. For migrations only: nothing is
    /// bound, and the client sets no time limit of its own.
    package func execute(script: String) async throws {
        _ = try await perform { handle in try handle.execute(script, name: "script", timeoutMilliseconds: nil) }
    }

    /// Waits until a notification arrives or the time is over, then gives all that have arrived, oldest first.
    ///
    /// Only a hint: a notification sent while the connection was down is lost, so poll as well. The connection is busy meanwhile.
    package func notifications(waitMilliseconds: Int) async throws -> [PostgresNotification] {
        try await perform { handle in try handle.notifications(waitMilliseconds: max(0, waitMilliseconds)) }
    }

    /// Ends the session. Later calls throw `closed`.
    package func close() async {
        _ = try? await perform { handle in handle.finish() }  // finish cannot fail
    }
}

// MARK: - For the pool

extension PostgresConnection {
    /// True where the connection may serve somebody else.
    var isReusable: Bool { condition.withLock { $0.isConnected && !$0.isInTransaction && !$0.isStale } }

    var isConnected: Bool { condition.withLock { $0.isConnected } }

    /// False where the server hung up while the connection was idle. Sends nothing.
    func noticesNoLoss() async -> Bool {
        // Cannot throw; were it to, the connection is not to be used.
        (try? await perform { handle in handle.noticesNoLoss() }) ?? false
    }

    func begin() async throws {
        _ = try await command("BEGIN")
    }

    func rollback() async throws {
        _ = try await command("ROLLBACK")
    }

    /// - Throws: `commitUnknown` where the connection broke meanwhile, `transactionAborted` where the server rolled back.
    func commit() async throws {
        // A connection already known as lost takes its transaction with it; there is nothing unknown about that.
        guard isConnected else { throw PostgresError.connectionLost("lost before COMMIT", statementName: "COMMIT") }
        let tag: String
        do {
            tag = try await command("COMMIT")
        } catch let error as PostgresError where error.code == .connectionLost {
            throw PostgresError.commitUnknown(after: error)
        }
        guard tag == "COMMIT" else { throw PostgresError.transactionAborted() }
    }

    private func command(_ sql: String) async throws -> String {
        let timeout = configuration.answerTimeoutMilliseconds
        return try await perform { handle in try handle.execute(sql, name: sql, timeoutMilliseconds: timeout) }
    }

    private func prepareSession() async throws {
        let values = configuration.sessionParameters
        let timeout = configuration.answerTimeoutMilliseconds
        _ = try await perform { handle in
            try handle.query(Self.sessionSQL, name: "session settings", parameters: values, named: false, timeoutMilliseconds: timeout)
        }
    }

    private static let sessionSQL = """
        -- session settings
        SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO, YMD', false),
               set_config('bytea_output', 'hex', false), set_config('jit', 'off', false), set_config('statement_timeout', $1, false),
               set_config('lock_timeout', $2, false), set_config('idle_in_transaction_session_timeout', $3, false)
        """

    private func perform<R: Sendable>(_ work: @escaping @Sendable (LibPQConnection) throws -> R) async throws -> R {
        try await queue.run { [self] in
            defer { noteCondition() }
            do {
                return try work(handle)
            } catch let error as PostgresError {
                if error.sqlState == SQLState.featureNotSupported || error.sqlState == SQLState.invalidStatementName {
                    // "cached plan must not change result type" after a migration, or a statement that somebody deallocated
                    condition.withLock { $0.isStale = true }
                }
                throw error
            }
        }
    }

    private func noteCondition() {
        let (isConnected, isInTransaction) = (handle.isConnected, handle.isInTransaction)
        condition.withLock {
            $0.isConnected = isConnected
            $0.isInTransaction = isInTransaction
        }
    }
}

extension DispatchQueue {
    /// Runs blocking work on the queue and suspends until it is done.
    fileprivate func run<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            async { continuation.resume(with: Result(catching: work)) }
        }
    }
}
