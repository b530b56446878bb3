/// How to reach the database and how long anything may take there.
///
/// The time-outs bound a connection from both sides: the server enforces them on a statement, and the client gives a statement up
/// a little later (``answerGraceMilliseconds``), so that a server which stopped answering cannot hold a caller for ever.
package struct PostgresConfiguration: Sendable {
    /// How much longer than the statement time-out the client waits for an answer before it takes the connection for lost.
    static let answerGraceMilliseconds = 2000

    /// A libpq URI, `postgresql://user:password@host:port/database?sslmode=verify-full`. Secret: never logged.
    package var url: String
    /// Shown in `pg_stat_activity`; the service and its instance.
    package var applicationName: String
    /// Upper bound of open connections of one pool, at least 1.
    package var maxConnections: Int
    /// How long a caller may wait for a connection of the pool.
    package var acquireTimeoutMilliseconds: Int
    /// `statement_timeout`; 0 for none.
    package var statementTimeoutMilliseconds: Int
    /// `lock_timeout`; 0 for none.
    package var lockTimeoutMilliseconds: Int
    /// `idle_in_transaction_session_timeout`; 0 for none.
    package var idleInTransactionTimeoutMilliseconds: Int
    /// False for a pgbouncer older than 1.21 in transaction mode, which does not know named statements.
    package var preparedStatements: Bool

    package init(
        url: String, applicationName: String, maxConnections: Int = 8, acquireTimeoutMilliseconds: Int = 5000,
        statementTimeoutMilliseconds: Int = 5000, lockTimeoutMilliseconds: Int = 1000,
        idleInTransactionTimeoutMilliseconds: Int = 10000, preparedStatements: Bool = true
    ) {
        self.url = url
        self.applicationName = applicationName
        self.maxConnections = max(1, maxConnections)
        self.acquireTimeoutMilliseconds = acquireTimeoutMilliseconds
        self.statementTimeoutMilliseconds = statementTimeoutMilliseconds
        self.lockTimeoutMilliseconds = lockTimeoutMilliseconds
        self.idleInTransactionTimeoutMilliseconds = idleInTransactionTimeoutMilliseconds
        self.preparedStatements = preparedStatements
    }

    /// How long the client waits for the answer to one statement, or nil for as long as it takes.
    var answerTimeoutMilliseconds: Int? {
        statementTimeoutMilliseconds > 0 ? statementTimeoutMilliseconds + Self.answerGraceMilliseconds : nil
    }

    /// libpq keywords in the order in which they are applied: a later one wins, so the URI may change what stands before it.
    var keywords: [(name: String, value: String)] {
        [
            ("connect_timeout", "3"),
            ("tcp_user_timeout", "5000"),
            ("keepalives", "1"),
            ("keepalives_idle", "10"),
            ("keepalives_interval", "5"),
            ("keepalives_count", "3"),
            ("dbname", url),
            ("application_name", applicationName),
            ("client_encoding", "UTF8"),
        ]
    }

    /// Set by the first statement of a connection: the shape of what we parse (UTC, ISO dates, hex bytes) and the time-outs.
    var sessionParameters: [PostgresValue] {
        [
            .text(String(statementTimeoutMilliseconds)),
            .text(String(lockTimeoutMilliseconds)),
            .text(String(idleInTransactionTimeoutMilliseconds)),
        ]
    }
}
