import CLibpq

/// One message of a round trip.
struct LibPQMessage {
    enum Kind {
        /// Makes the statement known under this name.
        case preparation(name: String)
        /// Asks for the types of the parameters of the statement of this name.
        case description(name: String)
        /// Runs it: by its name, or unnamed by its text.
        case execution(name: String?, LibPQParameters)
    }

    let statement: PostgresStatement
    let kind: Kind

    /// Puts the message into libpq's buffer, which copies it.
    func send(_ connection: OpaquePointer) -> Bool {
        switch kind {
        case .preparation(let name): PQsendPrepare(connection, name, statement.sql.cString, 0, nil) == 1
        case .description(let name): PQsendDescribePrepared(connection, name) == 1
        case .execution(let name?, let parameters):
            parameters.withPointers { PQsendQueryPrepared(connection, name, $0, $1, $2, $3, 0) == 1 }
        case .execution(nil, let parameters):
            parameters.withPointers { PQsendQueryParams(connection, statement.sql.cString, $0, nil, $1, $2, $3, 0) == 1 }
        }
    }
}

/// What the statements of a round trip answered.
struct LibPQReplies {
    /// One for each statement up to the first that failed.
    var results: [LibPQResult] = []
    var failure: PostgresError?
}

extension StaticString {
    /// A literal is stored with a null character behind it.
    fileprivate var cString: UnsafePointer<CChar> { UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self) }
}
