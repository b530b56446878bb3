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
    private var prepared = PreparedStatements()

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

    /// Runs statements one after the other in one round trip.
    ///
    /// The server carries out none after the first that fails. Without a BEGIN among them, or before them, they are one transaction.
    /// - Parameter named: prepares each statement once per connection.
    /// - Throws: `connectionLost`, after which any of them may have been carried out; `encoding`, and none was sent.
    func run(_ statements: [PostgresStatement], named: Bool, timeoutMilliseconds: Int?) throws(PostgresError) -> LibPQReplies {
        let reader = try reader(statements.first?.name, timeoutMilliseconds)
        let trip = LibPQRoundTrip(reader: reader)
        if PQpipelineStatus(reader.connection) == PQ_PIPELINE_OFF { PQenterPipelineMode(reader.connection) }
        let messages = try messages(statements, named: named)
        try send(messages, reader)
        let answers = try trip.read(messages.map(\.statement))
        var replies = LibPQReplies(failure: answers.failure)
        for (message, result) in zip(messages, answers.results) {
            switch message.kind {
            case .preparation(let name): prepared.note(message.statement.sql, as: name)
            case .description: prepared.note(types: result.parameterTypes, of: message.statement.sql)
            case .execution: replies.results.append(result)
            }
        }
        return replies
    }

    /// What has to be sent. Nothing is sent before the parameters of all statements are known to be fit.
    private func messages(_ statements: [PostgresStatement], named: Bool) throws(PostgresError) -> [LibPQMessage] {
        var messages: [LibPQMessage] = []
        var known = prepared
        for statement in statements {
            let isPrepared = named && statement.isPreparable
            var entry = isPrepared ? known[statement.sql] : nil
            if isPrepared && entry == nil {
                let fresh = known.add(statement.sql)
                messages.append(LibPQMessage(statement: statement, kind: .preparation(name: fresh.name)))
                messages.append(LibPQMessage(statement: statement, kind: .description(name: fresh.name)))
                entry = fresh
            }
            let parameters = try LibPQParameters(statement, types: entry?.types ?? [])
            messages.append(LibPQMessage(statement: statement, kind: .execution(name: entry?.name, parameters)))
        }
        return messages
    }

    private func send(_ messages: [LibPQMessage], _ reader: LibPQReader) throws(PostgresError) {
        for message in messages where !message.send(reader.connection) { throw unsent(message, reader) }
        guard PQpipelineSync(reader.connection) == 1 else { throw unsent(messages.last, reader) }
    }

    /// Some of the messages are on their way and the rest is not: nothing can follow them on this connection.
    private func unsent(_ message: LibPQMessage?, _ reader: LibPQReader) -> PostgresError {
        reader.abandon(Self.errorMessage(reader.connection), message?.statement.name)
    }

    /// Runs a text of one or more statements without parameters; answers the last one's command tag.
    @discardableResult
    func execute(_ script: String, name: String?, timeoutMilliseconds: Int?) throws(PostgresError) -> String {
        guard !script.utf8.contains(0) else { throw .notSent("the script contains U+0000", statementName: name) }
        let reader = try reader(name, timeoutMilliseconds)
        guard PQexitPipelineMode(reader.connection) == 1 else {
            throw .notSent(Self.errorMessage(reader.connection), statementName: name)
        }
        return try LibPQExchange(reader: reader, name: name).run { PQsendQuery($0, script) }.commandTag
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

    private func reader(_ name: String?, _ timeoutMilliseconds: Int?) throws(PostgresError) -> LibPQReader {
        guard let pointer else { throw .closed() }
        guard PQstatus(pointer) == CONNECTION_OK else { throw .connectionLost("the connection is lost", statementName: name) }
        return LibPQReader(connection: pointer, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// libpq's last message on one line. It names host, user and database, never a password or a parameter.
    static func errorMessage(_ pointer: OpaquePointer) -> String {
        String(cString: PQerrorMessage(pointer)).split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
