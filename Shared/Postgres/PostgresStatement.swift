/// One statement with what is bound to it.
package struct PostgresStatement: Sendable {
    /// Its text is a constant of the program: the address of the text tells one statement from another.
    let sql: StaticString
    let parameters: [PostgresValue]
    /// False for BEGIN, COMMIT and their like, which the server reads faster than it finds a prepared one.
    let isPreparable: Bool

    /// - Parameter sql: one statement, its first line `-- name`, parameters as `$1`, `$2`…
    package init(_ sql: StaticString, _ parameters: [any PostgresEncodable] = []) {
        self.sql = sql
        self.parameters = parameters.map(\.postgresValue)
        isPreparable = true
    }

    /// A statement of the transaction or of the session, never prepared.
    init(command: StaticString, _ parameters: [PostgresValue] = []) {
        sql = command
        self.parameters = parameters
        isPreparable = false
    }

    /// For errors and the log.
    var name: String { StatementName.of(sql) }
}
