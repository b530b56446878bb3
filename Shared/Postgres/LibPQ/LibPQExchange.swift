import CLibpq
import Glibc

/// One message to the server and everything it answers.
struct LibPQExchange {
    let connection: OpaquePointer
    let name: String?
    /// Only to be cut out of an error's text.
    let parameters: [PostgresValue]
    let timeoutMilliseconds: Int?

    /// Sends and waits for the last result. The first failure of the server is thrown after the connection is in order again.
    func run(_ send: (OpaquePointer) -> Int32) throws(PostgresError) -> LibPQResult {
        guard send(connection) == 1 else {
            guard PQstatus(connection) == CONNECTION_OK else { throw lost(LibPQConnection.errorMessage(connection)) }
            throw .notSent(LibPQConnection.errorMessage(connection), statementName: name)
        }
        let deadline = timeoutMilliseconds.map { ContinuousClock.now.advanced(by: .milliseconds($0)) }
        var last: LibPQResult?
        var failure: ServerFailure?
        do throws(PostgresError) {
            while let result = try nextResult(before: deadline) {
                if result.isCopy { throw abandon("COPY is not supported") }
                if failure == nil { failure = result.failure }
                last = result
            }
        } catch {
            // The server explained itself before it hung up: that says more than the hang-up.
            guard let failure else { throw error }
            throw .connectionLost(failure.message(without: parameters), sqlState: failure.sqlState, statementName: name)
        }
        if let failure { throw .server(failure, statementName: name, parameters: parameters) }
        guard let last else { throw lost("no answer") }
        return last
    }

    private func nextResult(before deadline: ContinuousClock.Instant?) throws(PostgresError) -> LibPQResult? {
        while true {
            let unsent = PQflush(connection)
            guard unsent >= 0, PQconsumeInput(connection) == 1 else { throw lost(LibPQConnection.errorMessage(connection)) }
            if unsent == 0 && PQisBusy(connection) == 0 { return PQgetResult(connection).map(LibPQResult.init) }
            let events = Int16(POLLIN) | (unsent == 1 ? Int16(POLLOUT) : 0)
            guard LibPQSocket.wait(connection, for: events, milliseconds: remaining(until: deadline)) else {
                throw abandon("no answer within \(timeoutMilliseconds ?? 0) ms")
            }
        }
    }

    private func remaining(until deadline: ContinuousClock.Instant?) -> Int {
        guard let deadline else { return LibPQSocket.forever }
        let left = ContinuousClock.now.duration(to: deadline).components
        // Rounded up, or the last millisecond would be a busy loop.
        return max(0, Int(left.seconds) * 1000 + Int(left.attoseconds / 1_000_000_000_000_000) + 1)
    }

    /// The answer will not be read, so nothing else may be asked on this connection: its socket is shut and libpq made to see it.
    private func abandon(_ reason: String) -> PostgresError {
        shutdown(PQsocket(connection), Int32(SHUT_RDWR))
        while PQconsumeInput(connection) == 1 {}
        return lost(reason)
    }

    private func lost(_ reason: String) -> PostgresError { .connectionLost(reason, statementName: name) }
}
