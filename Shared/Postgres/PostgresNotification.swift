/// One NOTIFY that reached a listening connection.
package struct PostgresNotification: Sendable, Hashable {
    package let channel: String
    /// At most 8000 bytes; empty where the sender gave none.
    package let payload: String
}
