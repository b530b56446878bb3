import Dispatch
package import Logging
import Synchronization

/// A bounded set of connections, opened on demand.
///
/// Callers wait in order of arrival, at most `acquireTimeoutMilliseconds`. A connection that broke is discarded and replaced when
/// the next caller needs one; while the database is unreachable, attempts are spaced out (``ReconnectBackoff``).
package final class PostgresPool: Sendable {
    typealias State = PoolState<PostgresConnection, CheckedContinuation<PoolGrant<PostgresConnection>, any Error>>

    let configuration: PostgresConfiguration
    let logger: Logger
    private let state: Mutex<State>
    private let backoff = Mutex(ReconnectBackoff())
    private let trips = RoundTrips()
    private let nextWaiterID = Atomic<UInt64>(0)
    private let timers = DispatchQueue(label: "tocsin.postgres.pool")

    package init(configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        state = Mutex(State(limit: configuration.maxConnections))
    }

    package var statistics: PoolStatistics {
        state.withLock { PoolStatistics(open: $0.open, idle: $0.idle.count, waiting: $0.waiters.count) }
    }

    /// Messages sent to the server and waited for, since the pool was made; those that open a connection are not counted.
    package var roundTrips: Int { trips.total }

    /// Lends a connection to `body`; it must not be kept. A transaction left open costs the connection.
    /// - Throws: what `body` throws; ``PostgresError`` with code `poolTimeout`, `connectionFailed` or `closed`; `CancellationError`
    ///   where the task is cancelled while it waits.
    package func withConnection<R: Sendable>(_ body: @Sendable (PostgresConnection) async throws -> R) async throws -> R {
        let connection = try await acquire()
        do {
            let result = try await body(connection)
            try await connection.flush()
            await release(connection)
            return result
        } catch {
            await release(connection)
            throw error
        }
    }

    /// Runs one statement on any connection. A connection that broke while idle is replaced before anything is sent.
    package func query(_ sql: StaticString, _ parameters: [any PostgresEncodable] = []) async throws -> Rows {
        try await withConnection { try await $0.query(sql, parameters) }
    }

    /// Refuses new callers and those who wait, and closes every connection: the idle ones now, the lent ones as they come back.
    package func close() async {
        let (idle, waiters) = state.withLock { $0.close() }
        for waiter in waiters { waiter.resume(throwing: PostgresError.closed()) }
        for connection in idle { await connection.close() }
    }
}

// MARK: - Lending

extension PostgresPool {
    func acquire() async throws -> PostgresConnection {
        switch try await grant() {
        case .permit: return try await open()
        case .connection(let connection):
            if await connection.noticesNoLoss() { return connection }
            logger.debug("database connection was lost while idle")
            await connection.close()
            return try await open()
        }
    }

    func release(_ connection: PostgresConnection) async {
        connection.dropQueued()
        if connection.isReusable {
            await perform(state.withLock { $0.release(connection) })
        } else {
            logger.debug("database connection discarded")
            await connection.close()
            await perform(state.withLock { $0.releasePermit() })
        }
    }

    private func perform(_ handover: State.Handover) async {
        switch handover {
        case .grant(let waiter, let grant): waiter.resume(returning: grant)
        case .close(let connection): await connection.close()
        case .nothing: break
        }
    }

    /// Opens a connection for a permit that we hold; gives the permit back if that fails.
    private func open() async throws -> PostgresConnection {
        do {
            let delay = backoff.withLock { $0.delay(now: .now) }
            if delay > .zero { try await Task.sleep(for: delay) }
            let connection = try await PostgresConnection.connect(configuration, logger: logger, counting: trips)
            noteConnected()
            return connection
        } catch {
            noteFailure(error)
            await perform(state.withLock { $0.releasePermit() })
            throw error
        }
    }

    private func noteConnected() {
        let failures = backoff.withLock { backoff in
            defer { backoff.succeeded() }
            return backoff.failures
        }
        if failures > 0 { logger.notice("database reachable again", metadata: ["postgres.failed_attempts": "\(failures)"]) }
    }

    private func noteFailure(_ error: any Error) {
        guard let error = error as? PostgresError else { return }
        let isFirst = backoff.withLock { backoff in
            defer { backoff.failed(now: .now, jitter: .random(in: 0..<1)) }
            return backoff.failures == 0
        }
        // Once per outage; the callers report the rest as they see fit.
        if isFirst { logger.warning("database unreachable", metadata: ["error": "\(error)"]) }
    }
}

// MARK: - Waiting

extension PostgresPool {
    private func grant() async throws -> State.Grant {
        let id = nextWaiterID.wrappingAdd(1, ordering: .relaxed).newValue
        let timer = DispatchWorkItem { [weak self] in self?.expire(id) }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in enter(id, continuation, timer) }
        } onCancel: {
            state.withLock { $0.remove(id: id) }?.resume(throwing: CancellationError())
        }
    }

    private func enter(_ id: UInt64, _ continuation: CheckedContinuation<State.Grant, any Error>, _ timer: DispatchWorkItem) {
        let acquisition: State.Acquisition? = state.withLock { state in
            // Seen under the lock: either the handler ran before, then this is true, or it will find the waiter in the queue.
            Task.isCancelled ? nil : state.acquire(id: id, waiter: continuation)
        }
        switch acquisition {
        case .granted(let grant): continuation.resume(returning: grant)
        case .queued: timers.asyncAfter(deadline: .now() + .milliseconds(configuration.acquireTimeoutMilliseconds), execute: timer)
        case .closed: continuation.resume(throwing: PostgresError.closed())
        case nil: continuation.resume(throwing: CancellationError())
        }
    }

    private func expire(_ id: UInt64) {
        let waiter = state.withLock { $0.remove(id: id) }
        waiter?.resume(throwing: PostgresError.poolTimeout(milliseconds: configuration.acquireTimeoutMilliseconds))
    }
}
