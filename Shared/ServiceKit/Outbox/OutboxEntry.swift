import Models
import Postgres

/// Facts on their way into the outbox: their rows are known when the round trip that carried them is over.
package struct OutboxEntry: Sendable {
    let facts: [Fact]
    /// nil where there are no facts.
    let answer: PostgresAnswer?

    /// - Throws: the error of the insertion, or of what was sent before it.
    package func rows() throws -> [OutboxRow] {
        guard let answer else { return [] }
        // RETURNING follows the order of insertion, and the identity grows with it: sorting makes the pairing independent of the former.
        let ids = try answer.rows().map { try $0.int64("id") }.sorted()
        return zip(ids, facts).map { OutboxRow(id: $0, record: $1.record) }
    }

    /// After the commit. Rows that cannot be read are there all the same, and the relay's.
    package func committedRows() -> [OutboxRow] { (try? rows()) ?? [] }
}
