import Logging

extension PostgresPool {
    private static let firstRetryMilliseconds = 10

    /// Runs `body` between BEGIN and COMMIT, and again from the start, up to `retries` times, where it lost against another
    /// transaction (40001, 40P01). This is the only place that does so.
    ///
    /// A unique violation is a conflict too where the body looks first and inserts what it did not find (`retryingUniqueViolations`): the
    /// second run finds the other's row.
    ///
    /// `body` may therefore run more than once: it must have no effect but its statements. Its error rolls back and is rethrown; where
    /// the rollback fails too, both are thrown as ``PostgresTransactionError``.
    /// - Throws: what `body` throws; ``PostgresError``, of which `commitUnknown` means that it may have happened.
    package func withTransaction<R: Sendable>(
        retries: Int = 3, retryingUniqueViolations: Bool = false, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        var attempt = 0
        while true {
            do {
                return try await transaction(body)
            } catch  where attempt < retries && Self.isConflict(error, retryingUniqueViolations) {
                attempt += 1
                logger.debug("transaction conflict, running it again", metadata: ["postgres.attempt": "\(attempt)"])
                try await Task.sleep(for: .milliseconds(Self.retryDelay(attempt: attempt, jitter: .random(in: 0..<1))))
            }
        }
    }

    private static func isConflict(_ error: any Error, _ alsoUniqueViolations: Bool) -> Bool {
        switch error {
        case let error as PostgresError: error.isTransactionConflict || (alsoUniqueViolations && error.isUniqueViolation)
        case let error as PostgresTransactionError: isConflict(error.cause, alsoUniqueViolations)
        default: false
        }
    }

    /// 10, 20, 40 … ms, half of it random, so that the two that collided part.
    static func retryDelay(attempt: Int, jitter: Double) -> Int {
        let full = firstRetryMilliseconds << min(attempt - 1, 6)
        return Int(Double(full) * (0.5 + jitter))
    }

    private func transaction<R: Sendable>(_ body: @Sendable (PostgresConnection) async throws -> R) async throws -> R {
        do {
            return try await transactionOnce(body)
        } catch is LostAtBegin {
            // The connection had died in the pool, and nothing has happened yet: another one is tried, once.
            do { return try await transactionOnce(body) } catch let lost as LostAtBegin { throw lost.cause }
        }
    }

    /// The first round trip, with the BEGIN in it and without a COMMIT, found the connection dead.
    private struct LostAtBegin: Error {
        let cause: any Error
    }

    private func transactionOnce<R: Sendable>(_ body: @Sendable (PostgresConnection) async throws -> R) async throws -> R {
        let connection = try await acquire()
        connection.begin()
        do {
            let result = try await attempt(on: connection, body)
            await release(connection)
            return result
        } catch {
            let isLostAtBegin = (error as? PostgresError)?.code == .connectionLost && !connection.hasBegun
            await release(connection)
            if isLostAtBegin { throw LostAtBegin(cause: error) }
            throw error
        }
    }

    private func attempt<R: Sendable>(
        on connection: PostgresConnection, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        let result: R
        do {
            result = try await body(connection)
        } catch {
            try await rollBack(connection, after: error)
            throw error
        }
        try await connection.commit()
        return result
    }

    private func rollBack(_ connection: PostgresConnection, after cause: any Error) async throws {
        // Without a connection there is no transaction any more.
        guard connection.isConnected else { return }
        do {
            try await connection.rollback()
        } catch let rollback as PostgresError {
            throw PostgresTransactionError(cause: cause, rollback: rollback)
        }
    }
}
