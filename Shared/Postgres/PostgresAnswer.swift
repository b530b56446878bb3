import Synchronization

/// What a queued statement answers: to be read after the round trip that carried it.
package final class PostgresAnswer: Sendable {
    private let outcome = Mutex<Result<Rows, PostgresError>?>(nil)

    init() {}

    func settle(_ result: Result<Rows, PostgresError>) { outcome.withLock { $0 = result } }

    /// The rows.
    /// - Throws: the ``PostgresError`` of this statement, or of the one before it because of which this one was not carried out; code
    ///   `notSent` while nothing was sent.
    package func rows() throws -> Rows {
        guard let outcome = outcome.withLock({ $0 }) else { throw PostgresError.unanswered() }
        return try outcome.get()
    }
}
