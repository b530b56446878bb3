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
        /// The server has answered since the last BEGIN was queued.
        var hasBegun = false
        /// The server changed under a prepared statement: the session works, but is better replaced.
        var isStale = false
    }

    private let handle: LibPQConnection
    private let queue: DispatchQueue
    private let condition = Mutex(Condition())
    private let configuration: PostgresConfiguration
    private let waiting = StatementQueue()
    private let roundTrips: RoundTrips
    private let planAge = PlanAge()

    private init(handle: LibPQConnection, queue: DispatchQueue, configuration: PostgresConfiguration, roundTrips: RoundTrips) {
        self.handle = handle
        self.queue = queue
        self.configuration = configuration
        self.roundTrips = roundTrips
    }

    /// Opens a session of its own, for LISTEN or migrations; close it when done.
    /// - Throws: ``PostgresError`` with code `connectionFailed` or `configuration`.
    package static func connect(_ configuration: PostgresConfiguration, logger: Logger) async throws -> PostgresConnection {
        try await connect(configuration, logger: logger, counting: RoundTrips())
    }

    static func connect(
        _ configuration: PostgresConfiguration, logger: Logger, counting roundTrips: RoundTrips
    ) async throws -> PostgresConnection {
        let queue = DispatchQueue(label: "tocsin.postgres.connection")
        let handle = try await queue.run { try LibPQConnection(configuration) }
        let connection = PostgresConnection(handle: handle, queue: queue, configuration: configuration, roundTrips: roundTrips)
        do {
            try await connection.prepareSession()
        } catch let error as PostgresError {
            throw PostgresError.connectionFailed(error.message)
        }
        logger.debug("database connection opened")
        return connection
    }

    /// Runs one statement, after those that are queued, in one round trip. It is prepared once per connection unless the configuration
    /// says otherwise.
    /// - Parameter sql: one statement, its first line `-- name`, parameters as `$1`, `$2`…
    /// - Throws: ``PostgresError``, of this statement or of a queued one: the error names it, and none after it was carried out.
    package func query(_ sql: StaticString, _ parameters: [any PostgresEncodable] = []) async throws -> Rows {
        let answer = queue(sql, parameters)
        try await flush()
        return try answer.rows()
    }

    /// Runs statements in one round trip, after those that are queued.
    /// - Returns: their rows, in order.
    /// - Throws: ``PostgresError`` of the first statement that failed.
    package func query(_ statements: [PostgresStatement]) async throws -> [Rows] {
        let answers = statements.map(waiting.append)
        try await flush()
        return try answers.map { try $0.rows() }
    }

    /// Leaves a statement to the next round trip: that of the next ``query(_:_:)`` or ``flush()``, or that of COMMIT at the end of
    /// ``PostgresPool/withTransaction(retries:_:)``. Errors are thrown there, and undo the transaction like any other.
    /// - Returns: the answer, to be read afterwards.
    @discardableResult
    package func queue(_ sql: StaticString, _ parameters: [any PostgresEncodable] = []) -> PostgresAnswer {
        waiting.append(PostgresStatement(sql, parameters))
    }

    /// Sends what is queued and waits for all answers, in one round trip; sends nothing where nothing is queued.
    /// - Throws: ``PostgresError`` of the first statement that failed; the ones after it were not carried out.
    package func flush() async throws {
        let timeout = configuration.answerTimeoutMilliseconds
        let named = configuration.preparedStatements
        try await perform { [waiting, roundTrips, planAge] handle in
            // Taken here, in turn: whatever another task has queued meanwhile goes with it, and is answered when its own turn comes.
            let entries = waiting.take()
            guard !entries.isEmpty else { return }
            roundTrips.add()
            let replies: LibPQReplies
            do {
                // By itself, since a transaction must not begin with it: SET TRANSACTION would come too late.
                if named, !handle.isInTransaction, planAge.isOver(now: .now) {
                    _ = try handle.run([Self.discardPlans], named: false, timeoutMilliseconds: timeout)
                }
                replies = try handle.run(entries.map(\.statement), named: named, timeoutMilliseconds: timeout)
            } catch let error as PostgresError {
                Self.settle(entries, LibPQReplies(failure: error))
                throw error
            }
            Self.settle(entries, replies)
            if let failure = replies.failure { throw failure }
        }
    }

    private static let discardPlans = PostgresStatement(command: "DISCARD PLANS")

    private static func settle(_ entries: [StatementQueue.Entry], _ replies: LibPQReplies) {
        for (index, entry) in entries.enumerated() {
            if index < replies.results.count {
                entry.answer.settle(.success(replies.results[index].rows(of: entry.statement)))
            } else if let failure = replies.failure {
                entry.answer.settle(.failure(failure))
            }
        }
    }

    /// Runs several statements in one message, as one implicit transaction unless they say BEGIN. For migrations only: nothing is
    /// bound, and the client sets no time limit of its own.
    package func execute(script: String) async throws {
        try await flush()
        roundTrips.add()
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

    /// Begins a transaction with the next round trip.
    func begin() {
        condition.withLock { $0.hasBegun = false }
        _ = waiting.append(PostgresStatement(command: "BEGIN"))
    }

    /// False as long as a loss of the connection cannot have cost more than the BEGIN and what was sent with it.
    var hasBegun: Bool { condition.withLock { $0.hasBegun } }

    /// Drops what is queued and undoes the rest, if there is any.
    func rollback() async throws {
        _ = waiting.take()
        guard condition.withLock({ $0.isInTransaction }) else { return }
        _ = waiting.append(PostgresStatement(command: "ROLLBACK"))
        try await flush()
    }

    /// Sends what is queued, and COMMIT with it: the server comes to it only if everything before has succeeded.
    /// - Throws: the error of a queued statement, after which the transaction is to be rolled back; `commitUnknown` where the connection
    ///   broke meanwhile, `transactionAborted` where the server rolled back.
    func commit() async throws {
        // A connection already known as lost takes its transaction with it; there is nothing unknown about that.
        guard isConnected else { throw PostgresError.connectionLost("lost before COMMIT", statementName: "COMMIT") }
        let answer = waiting.append(PostgresStatement(command: "COMMIT"))
        do {
            try await flush()
        } catch let error as PostgresError where error.code == .connectionLost {
            throw PostgresError.commitUnknown(after: error)
        }
        guard try answer.rows().commandTag == "COMMIT" else { throw PostgresError.transactionAborted() }
    }

    /// Statements that were queued and not sent, because whoever queued them has failed.
    func dropQueued() { _ = waiting.take() }

    private func prepareSession() async throws {
        let settings = PostgresStatement(command: Self.sessionSQL, configuration.sessionParameters)
        let timeout = configuration.answerTimeoutMilliseconds
        let failure = try await perform { handle in
            try handle.run([settings], named: false, timeoutMilliseconds: timeout).failure
        }
        if let failure { throw failure }
    }

    private static let sessionSQL: StaticString = """
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
            if isConnected && isInTransaction { $0.hasBegun = true }
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
