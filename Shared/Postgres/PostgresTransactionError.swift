/// A transaction failed, and rolling it back failed too. Both errors are kept; the connection is gone, so the server rolled back.
package struct PostgresTransactionError: Error, Sendable, CustomStringConvertible {
    /// What the body threw.
    package let cause: any Error
    /// Why ROLLBACK failed.
    package let rollback: PostgresError

    /// As the cause says; an error that is not ours is not retriable.
    package var isRetriable: Bool { (cause as? PostgresError)?.isRetriable ?? false }

    package var description: String { "\(cause); and the rollback failed: \(rollback)" }
}
