import Synchronization

/// Statements that wait for the next round trip of their connection, in order.
final class StatementQueue: Sendable {
    struct Entry: Sendable {
        let statement: PostgresStatement
        let answer: PostgresAnswer
    }

    private let entries = Mutex<[Entry]>([])

    var isEmpty: Bool { entries.withLock(\.isEmpty) }

    func append(_ statement: PostgresStatement) -> PostgresAnswer {
        let entry = Entry(statement: statement, answer: PostgresAnswer())
        entries.withLock { $0.append(entry) }
        return entry.answer
    }

    /// All of them; the queue is empty afterwards.
    func take() -> [Entry] {
        entries.withLock { entries in
            defer { entries = [] }
            return entries
        }
    }
}
