import GRDB

/// What went wrong with the spool's files. Never holds contents of alerts.
struct SpoolFailure: Error, Sendable, CustomStringConvertible {
    /// A closed set: label of `tocsin_gateway_spool_failures_total`.
    enum Cause: String, Sendable, CaseIterable {
        /// The file system has no room, or the spool has reached its own limit against all estimates.
        case diskFull = "disk_full"
        /// Reading, writing or syncing failed.
        case io
        /// The file system has become read-only.
        case readOnly = "read_only"
        /// The file is no database any more.
        case corrupt
        /// The disk did not answer in time.
        case timeout
        /// Anything else; the log has it.
        case other
    }

    let cause: Cause
    let reason: String

    var description: String { "\(cause.rawValue): \(reason)" }

    static let timedOut = SpoolFailure(cause: .timeout, reason: "the disk did not answer in time")
    static let closed = SpoolFailure(cause: .other, reason: "the spool is closed")

    init(cause: Cause, reason: String) {
        self.cause = cause
        self.reason = reason
    }

    /// https://www.sqlite.org/rescode.html
    init(_ error: any Error) {
        if let failure = error as? SpoolFailure {
            self = failure
            return
        }
        let database = error as? DatabaseError
        cause =
            switch database?.resultCode {
            case .SQLITE_FULL: .diskFull
            case .SQLITE_IOERR, .SQLITE_CANTOPEN: .io
            case .SQLITE_READONLY: .readOnly
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
            default: .other
            }
        reason = database.map { "SQLite \($0.extendedResultCode.rawValue): \($0.message ?? "no message")" } ?? "\(error)"
    }
}
