import CLibpq

/// One text of statements to the server and everything it answers.
struct LibPQExchange {
    let reader: LibPQReader
    let name: String?

    /// Sends and waits for the last result. The first failure of the server is thrown after the connection is in order again.
    func run(_ send: (OpaquePointer) -> Int32) throws(PostgresError) -> LibPQResult {
        guard send(reader.connection) == 1 else {
            let reason = LibPQConnection.errorMessage(reader.connection)
            guard PQstatus(reader.connection) == CONNECTION_OK else { throw .connectionLost(reason, statementName: name) }
            throw .notSent(reason, statementName: name)
        }
        let deadline = reader.deadline
        var last: LibPQResult?
        var failure: ServerFailure?
        do throws(PostgresError) {
            while let result = try reader.next(name, before: deadline) {
                if result.isCopy { throw reader.abandon("COPY is not supported", name) }
                if failure == nil { failure = result.failure }
                last = result
            }
        } catch {
            // The server explained itself before it hung up: that says more than the hang-up.
            guard let failure else { throw error }
            throw .connectionLost(failure.message(without: []), sqlState: failure.sqlState, statementName: name)
        }
        if let failure { throw .server(failure, statementName: name, parameters: []) }
        guard let last else { throw reader.abandon("no answer", name) }
        return last
    }
}
