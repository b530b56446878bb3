import CLibpq

/// Reads the answers to several messages that were sent together in pipeline mode.
struct LibPQRoundTrip {
    struct Answers {
        /// One for each message up to the first that failed.
        var results: [LibPQResult] = []
        /// Why the message after those failed; the server carried out none of the rest.
        var failure: PostgresError?
    }

    let reader: LibPQReader

    /// - Parameter messages: the statement that each message belongs to, in the order sent; a synchronisation point follows them.
    func read(_ messages: [PostgresStatement]) throws(PostgresError) -> Answers {
        var answers = Answers()
        do throws(PostgresError) {
            for message in messages { try read(message, &answers) }
            try readEnd()
        } catch {
            // The server explained itself before it hung up: that says more than the hang-up.
            guard let failure = answers.failure else { throw error }
            throw .connectionLost(failure.message, sqlState: failure.sqlState, statementName: failure.statementName)
        }
        return answers
    }

    private func read(_ message: PostgresStatement, _ answers: inout Answers) throws(PostgresError) {
        let deadline = reader.deadline
        var last: LibPQResult?
        while let result = try reader.next(message.name, before: deadline) {
            if result.isCopy { throw reader.abandon("COPY is not supported", message.name) }
            if answers.failure == nil, let failure = result.failure {
                answers.failure = .server(failure, statementName: message.name, parameters: message.parameters)
            }
            last = result
        }
        guard answers.failure == nil else { return }
        guard let last else { throw reader.abandon("no answer", message.name) }
        answers.results.append(last)
    }

    /// The synchronisation point: from there on the connection is in order again, whatever failed.
    private func readEnd() throws(PostgresError) {
        let deadline = reader.deadline
        guard let end = try reader.next(nil, before: deadline), end.isPipelineEnd else {
            throw reader.abandon("the answers are out of step", nil)
        }
        guard try reader.next(nil, before: deadline) == nil else { throw reader.abandon("the answers are out of step", nil) }
    }
}
