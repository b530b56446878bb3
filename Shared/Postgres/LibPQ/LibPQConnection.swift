import CLibpq
import Glibc

/// Owns one `PGconn` and speaks through it, blocking the calling thread.
///
/// libpq is used in non-blocking mode with `poll`, so that every wait has a deadline also when the server is alive but silent.
///
/// `@unchecked Sendable`: a `PGconn` may be used by one thread at a time. ``PostgresConnection`` owns the only reference and calls
/// every method on its serial queue; `deinit` runs after the last of those calls.
final class LibPQConnection: @unchecked Sendable {
    private var pointer: OpaquePointer?
    private var prepared: [String: String] = [:]

    /// Connects; bounded by `connect_timeout` per host of the URL.
    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        try LibPQURL.validate(configuration.url)
        let keywords = configuration.keywords
        let pointer = CStringArray(keywords.map(\.name)).withPointers { names in
            CStringArray(keywords.map(\.value)).withPointers { values in PQconnectdbParams(names, values, 1) }
        }
        guard let pointer else { throw .connectionFailed("out of memory") }
        guard PQstatus(pointer) == CONNECTION_OK else {
            let reason = Self.errorMessage(pointer)
            PQfinish(pointer)
            throw .connectionFailed(reason)
        }
        self.pointer = pointer
        // Notices may quote values; without a processor libpq prints them on stderr.
        PQsetNoticeProcessor(pointer, { _, _ in }, nil)
        guard PQsetnonblocking(pointer, 1) == 0 else { throw .connectionFailed(Self.errorMessage(pointer)) }
    }

    deinit { PQfinish(pointer) }

    /// Says goodbye to the server; afterwards every call throws `closed`.
    func finish() {
        PQfinish(pointer)
        pointer = nil
    }

    /// True while a transaction is open or has failed on this session.
    var isInTransaction: Bool {
        guard let pointer else { return false }
        return PQtransactionStatus(pointer) != PQTRANS_IDLE
    }

    /// False once libpq has noticed the loss.
    var isConnected: Bool {
        guard let pointer else { return false }
        return PQstatus(pointer) == CONNECTION_OK
    }

    /// Looks for a goodbye of the server that arrived while nobody was reading. Sends nothing, does not wait.
    func noticesNoLoss() -> Bool {
        guard let pointer, PQtransactionStatus(pointer) == PQTRANS_IDLE else { return false }
        while isConnected {
            guard LibPQSocket.wait(pointer, for: Int16(POLLIN), milliseconds: 0) else { return true }
            guard PQconsumeInput(pointer) == 1 else { return false }
        }
        return false
    }

    /// Runs one statement with bound parameters; `named` prepares it once per connection.
    func query(_ sql: String, name: String, parameters: [PostgresValue], named: Bool, timeoutMilliseconds: Int?) throws(PostgresError)
        -> Rows
    {
        for (index, parameter) in parameters.enumerated() {
            // libpq takes parameters as C strings: the rest would silently be cut off.
            if case .text(let text) = parameter, text.utf8.contains(0) { throw .nulCharacter(parameter: index + 1, statementName: name) }
        }
        let exchange = try exchange(name: name, parameters: parameters, timeoutMilliseconds: timeoutMilliseconds)
        let values = CStringArray(parameters.map { if case .text(let text) = $0 { text } else { nil } })
        guard named else {
            return try exchange.run { connection in
                values.withPointers { PQsendQueryParams(connection, sql, values.count, nil, $0, nil, nil, 0) }
            }.rows(statementName: name)
        }
        let statement = try prepare(sql, exchange)
        return try exchange.run { connection in
            values.withPointers { PQsendQueryPrepared(connection, statement, values.count, $0, nil, nil, 0) }
        }.rows(statementName: name)
    }

    /// Runs a text of one or more statements without parameters; answers the last one's command tag.
    @discardableResult
    func execute(_ script: String, name: String?, timeoutMilliseconds: Int?) throws(PostgresError) -> String {
        guard !script.utf8.contains(0) else { throw .notSent("the script contains U+0000", statementName: name) }
        let exchange = try exchange(name: name, parameters: [], timeoutMilliseconds: timeoutMilliseconds)
        return try exchange.run { PQsendQuery($0, script) }.commandTag
    }

    /// Waits for notifications of channels that this session listens to.
    func notifications(waitMilliseconds: Int) throws(PostgresError) -> [PostgresNotification] {
        guard let pointer else { throw .closed() }
        _ = LibPQSocket.wait(pointer, for: Int16(POLLIN), milliseconds: waitMilliseconds)
        guard PQconsumeInput(pointer) == 1 else { throw .connectionLost(Self.errorMessage(pointer), statementName: "notifications") }
        var notifications: [PostgresNotification] = []
        while let notify = PQnotifies(pointer) {
            notifications.append(
                PostgresNotification(channel: String(cString: notify.pointee.relname), payload: String(cString: notify.pointee.extra)))
            PQfreemem(notify)
        }
        return notifications
    }

    private func prepare(_ sql: String, _ exchange: LibPQExchange) throws(PostgresError) -> String {
        if let statement = prepared[sql] { return statement }
        let statement = "tocsin_\(prepared.count + 1)"
        _ = try exchange.run { PQsendPrepare($0, statement, sql, 0, nil) }
        prepared[sql] = statement
        return statement
    }

    private func exchange(name: String?, parameters: [PostgresValue], timeoutMilliseconds: Int?) throws(PostgresError) -> LibPQExchange {
        guard let pointer else { throw .closed() }
        guard PQstatus(pointer) == CONNECTION_OK else { throw .connectionLost("the connection is lost", statementName: name) }
        return LibPQExchange(connection: pointer, name: name, parameters: parameters, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// libpq's last message on one line. It names host, user and database, never a password or a parameter.
    static func errorMessage(_ pointer: OpaquePointer) -> String {
        String(cString: PQerrorMessage(pointer)).split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
