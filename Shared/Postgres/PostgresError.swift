/// What went wrong between us and the database.
///
/// Holds no bound parameter and no cell: the server's detail, hint and context are dropped, and its message is cleaned of values
/// (``ServerFailure``), so that the error may be logged as it is.
package struct PostgresError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure; a struct, so that adding one does not break a switch.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        package let description: String

        private init(_ description: String) { self.description = description }

        /// The URL cannot be read. Trying again does not help.
        package static let configuration = Code("configuration")
        /// No connection could be made; nothing was sent.
        package static let connectionFailed = Code("connection_failed")
        /// The connection broke; a statement outside a transaction may or may not have run.
        package static let connectionLost = Code("connection_lost")
        /// The server refused the statement; ``sqlState`` says why.
        package static let server = Code("server")
        /// A parameter cannot be sent.
        package static let encoding = Code("encoding")
        /// A column is not what the caller expected.
        package static let decoding = Code("decoding")
        /// The answer to a queued statement was asked for before anything was sent.
        package static let notSent = Code("not_sent")
        /// No connection of the pool became free in time.
        package static let poolTimeout = Code("pool_timeout")
        /// The pool or connection was closed by us.
        package static let closed = Code("closed")
        /// The connection broke during COMMIT: the transaction may or may not have happened.
        package static let commitUnknown = Code("commit_unknown")
        /// The body swallowed the failure of a statement, so the server answered COMMIT with ROLLBACK.
        package static let transactionAborted = Code("transaction_aborted")
    }

    package let code: Code
    /// Five characters, https://www.postgresql.org/docs/15/errcodes-appendix.html; nil where the server said nothing.
    package let sqlState: String?
    /// The violated constraint, where there is one.
    package let constraint: String?
    /// For people; free of values.
    package let message: String
    /// The first comment line of the statement.
    package let statementName: String?
    package let file: String
    package let line: Int

    init(
        code: Code, sqlState: String? = nil, constraint: String? = nil, message: String, statementName: String? = nil, file: String,
        line: Int
    ) {
        self.code = code
        self.sqlState = sqlState
        self.constraint = constraint
        self.message = message
        self.statementName = statementName
        self.file = file
        self.line = line
    }

    package var description: String {
        var text = "postgres \(code)"
        if let sqlState { text += " \(sqlState)" }
        if let statementName { text += " in \(statementName)" }
        if let constraint { text += " (constraint \(constraint))" }
        return text + ": \(message) [\(file):\(line)]"
    }
}

extension PostgresError {
    /// States after which the same work may well succeed: conflicts with others (also a unique violation: the second attempt finds
    /// the other's row), locks and statements that took too long, and a server short of something.
    private static let retriableStates: Set<String> = [
        SQLState.serializationFailure, SQLState.deadlockDetected, SQLState.uniqueViolation, SQLState.lockNotAvailable,
        SQLState.queryCanceled, SQLState.featureNotSupported,
    ]

    /// True where a new attempt of the whole work may succeed without anybody changing anything.
    /// Not after ``Code/commitUnknown``: only the caller knows whether doing it twice is harmless.
    package var isRetriable: Bool {
        switch code {
        case .connectionFailed, .connectionLost, .poolTimeout: true
        case .server: sqlState.map { Self.retriableStates.contains($0) || $0.hasPrefix("53") } ?? false
        default: false
        }
    }

    /// True where the database could not be reached or the connection broke: back off rather than blame the work.
    package var isConnectionFault: Bool {
        code == .connectionFailed || code == .connectionLost || code == .commitUnknown
    }

    /// True for 23505; ``constraint`` says which.
    package var isUniqueViolation: Bool { sqlState == SQLState.uniqueViolation }

    /// True for 40001 and 40P01: the transaction was rolled back because of another one, and ``PostgresPool`` runs it again.
    var isTransactionConflict: Bool {
        code == .server && (sqlState == SQLState.serializationFailure || sqlState == SQLState.deadlockDetected)
    }
}

/// The SQLSTATEs that we act upon.
enum SQLState {
    static let featureNotSupported = "0A000"
    static let uniqueViolation = "23505"
    static let invalidStatementName = "26000"
    static let serializationFailure = "40001"
    static let deadlockDetected = "40P01"
    static let lockNotAvailable = "55P03"
    static let queryCanceled = "57014"
}
