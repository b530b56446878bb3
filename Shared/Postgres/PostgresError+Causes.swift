extension PostgresError {
    static func malformedURL(file: String = #fileID, line: Int = #line) -> PostgresError {
        // libpq's own message quotes the URL, and the URL holds the password.
        PostgresError(code: .configuration, message: "the database URL is malformed", file: file, line: line)
    }

    static func connectionFailed(_ reason: String, file: String = #fileID, line: Int = #line) -> PostgresError {
        PostgresError(code: .connectionFailed, message: reason, file: file, line: line)
    }

    static func connectionLost(
        _ reason: String, sqlState: String? = nil, statementName: String?, file: String = #fileID, line: Int = #line
    ) -> PostgresError {
        PostgresError(
            code: .connectionLost, sqlState: sqlState, message: reason, statementName: statementName, file: file, line: line)
    }

    static func server(
        _ failure: ServerFailure, statementName: String?, parameters: [PostgresValue], file: String = #fileID, line: Int = #line
    ) -> PostgresError {
        PostgresError(
            code: failure.endsConnection ? .connectionLost : .server, sqlState: failure.sqlState, constraint: failure.constraint,
            message: failure.message(without: parameters), statementName: statementName, file: file, line: line)
    }

    static func nulCharacter(parameter: Int, statementName: String, file: String = #fileID, line: Int = #line) -> PostgresError {
        PostgresError(
            code: .encoding, message: "parameter $\(parameter) contains U+0000, which PostgreSQL cannot store",
            statementName: statementName, file: file, line: line)
    }

    static func notSent(_ reason: String, statementName: String?, file: String = #fileID, line: Int = #line) -> PostgresError {
        PostgresError(code: .encoding, message: reason, statementName: statementName, file: file, line: line)
    }

    static func unanswered(file: String = #fileID, line: Int = #line) -> PostgresError {
        PostgresError(code: .notSent, message: "the statement is still queued", file: file, line: line)
    }

    static func decoding(
        column: String, type: String, problem: String, statementName: String, file: String = #fileID, line: Int = #line
    ) -> PostgresError {
        PostgresError(
            code: .decoding, message: "column \(column) read as \(type): \(problem)", statementName: statementName, file: file,
            line: line)
    }

    static func poolTimeout(milliseconds: Int, file: String = #fileID, line: Int = #line) -> PostgresError {
        PostgresError(
            code: .poolTimeout, message: "no connection became free within \(milliseconds) ms", file: file, line: line)
    }

    static func closed(file: String = #fileID, line: Int = #line) -> PostgresError {
        PostgresError(code: .closed, message: "closed", file: file, line: line)
    }

    static func commitUnknown(after cause: PostgresError, file: String = #fileID, line: Int = #line) -> PostgresError {
        PostgresError(
            code: .commitUnknown, sqlState: cause.sqlState, message: "the connection broke during COMMIT: \(cause.message)",
            file: file, line: line)
    }

    static func transactionAborted(file: String = #fileID, line: Int = #line) -> PostgresError {
        PostgresError(
            code: .transactionAborted, message: "a statement of the transaction failed and its error was swallowed", file: file,
            line: line)
    }
}
