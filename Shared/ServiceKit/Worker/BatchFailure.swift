import Models
import Postgres

/// What a failed attempt at a batch means for the batch.
enum BatchFailure: Sendable, Hashable {
    /// Another process moved the offset: these records are its business.
    case fenced
    /// The handler named the record that is unfit.
    case poison(index: Int, reason: String)
    /// COMMIT may have happened; the offset row knows.
    case commitUnknown
    /// The surroundings are at fault: the same batch is tried until they are well again. `cause` is a metric label, `detail` fit for
    /// the log.
    case surroundings(cause: String, detail: String)
    /// The records, or our code, are at fault: tried once more, then narrowed down. The reason may quote a record and is kept out of the
    /// log; `detail` is fit for it.
    case defect(reason: String, detail: String)

    private static let maxReasonScalars = 500

    init(_ error: any Error) {
        switch error {
        case let poison as PoisonRecord: self = .poison(index: poison.index, reason: Self.bounded(poison.reason))
        case is CancellationError: self = .surroundings(cause: "cancelled", detail: "")
        case let error as PostgresTransactionError: self = Self(error.cause)
        case let error as PostgresError: self = Self(error)
        default: self = .defect(reason: Self.bounded("\(error)"), detail: "\(type(of: error))")
        }
    }

    private init(_ error: PostgresError) {
        if error.code == .commitUnknown {
            self = .commitUnknown
        } else if OffsetAdvance.isRefusal(error) {
            self = .fenced
        } else if error.isConnectionFault || error.code == .poolTimeout || error.code == .closed {
            self = .surroundings(cause: error.code.description, detail: error.description)
        } else if let state = error.sqlState, Self.isOfSurroundings(state) {
            self = .surroundings(cause: "sqlstate_\(state.prefix(2))", detail: error.description)
        } else {
            self = .defect(reason: Self.bounded(error.description), detail: error.description)
        }
    }

    /// Classes of https://www.postgresql.org/docs/15/errcodes-appendix.html that no record can cause: connections, roles, read-only
    /// servers, conflicts, a schema that is not ours, lack of resources, locks, shutdowns, broken disks. A statement that ran too long
    /// (57014) is not among them: a smaller batch may be fast enough.
    private static func isOfSurroundings(_ state: String) -> Bool {
        let classes: Set<Substring> = ["08", "0A", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58", "XX"]
        return state != "57014" && classes.contains(state.prefix(2))
    }

    private static func bounded(_ reason: String) -> String {
        // PostgreSQL's text cannot hold U+0000.
        String(String.UnicodeScalarView(reason.unicodeScalars.prefix(maxReasonScalars).filter { $0.value != 0 }))
    }
}
