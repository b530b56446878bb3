/// A pool at one moment.
package struct PoolStatistics: Sendable, Hashable {
    /// Connections open or being opened, at most the configured maximum.
    package let open: Int
    /// Of those, the ones nobody uses.
    package let idle: Int
    /// Callers waiting for a connection.
    package let waiting: Int
}
