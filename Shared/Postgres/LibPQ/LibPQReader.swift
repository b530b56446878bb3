import CLibpq
import Glibc

/// Sends what libpq has buffered and waits for results, never longer than a deadline.
struct LibPQReader {
    let connection: OpaquePointer
    /// For one result; nil for as long as it takes.
    let timeoutMilliseconds: Int?

    var deadline: ContinuousClock.Instant? {
        timeoutMilliseconds.map { ContinuousClock.now.advanced(by: .milliseconds($0)) }
    }

    /// The next result of the statement, or nil when it has no more.
    /// - Parameter name: of the statement; only an error asks for it.
    func next(
        _ name: @autoclosure () -> String?, before deadline: ContinuousClock.Instant?
    ) throws(PostgresError) -> LibPQResult? {
        while true {
            let unsent = PQflush(connection)
            guard unsent >= 0 else { throw lost(name()) }
            if unsent == 0 && PQisBusy(connection) == 0 {
                guard let result = PQgetResult(connection).map(LibPQResult.init) else { return nil }
                // Made by libpq itself when it noticed the loss: the server would have given a state.
                if result.isOfLibrary && PQstatus(connection) != CONNECTION_OK { throw lost(name()) }
                return result
            }
            let events = Int16(POLLIN) | (unsent == 1 ? Int16(POLLOUT) : 0)
            guard LibPQSocket.wait(connection, for: events, milliseconds: remaining(until: deadline)) else {
                throw abandon("no answer within \(timeoutMilliseconds ?? 0) ms", name())
            }
            guard PQconsumeInput(connection) == 1 else { throw lost(name()) }
        }
    }

    private func remaining(until deadline: ContinuousClock.Instant?) -> Int {
        guard let deadline else { return LibPQSocket.forever }
        let left = ContinuousClock.now.duration(to: deadline).components
        // Rounded up, or the last millisecond would be a busy loop.
        return max(0, Int(left.seconds) * 1000 + Int(left.attoseconds / 1_000_000_000_000_000) + 1)
    }

    /// The answer will not be read, so nothing else may be asked on this connection: its socket is shut and libpq made to see it.
    func abandon(_ reason: String, _ name: String?) -> PostgresError {
        shutdown(PQsocket(connection), Int32(SHUT_RDWR))
        while PQconsumeInput(connection) == 1 {}
        return .connectionLost(reason, statementName: name)
    }

    private func lost(_ name: String?) -> PostgresError {
        .connectionLost(LibPQConnection.errorMessage(connection), statementName: name)
    }
}
