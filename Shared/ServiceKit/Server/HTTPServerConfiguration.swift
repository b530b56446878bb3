import CoreMetrics
import Glibc
package import Hummingbird
package import HummingbirdCore
import NIOCore

/// Limits of every HTTP server of ours. Hummingbird's own defaults let a connection idle for ever.
package struct HTTPServerLimits: Sendable, Hashable {
    /// Label of its metrics.
    var server = "main"
    /// A connection that sends no part of a request for this long is closed.
    package var idleSeconds = 15
    /// A request that is not over so long after its first byte, read to its end and its answer written, ends with its connection. The
    /// last resort: handlers have a shorter time of their own, after which they answer 408.
    package var requestSeconds = 15
    /// One header field, name and value.
    package var maxHeaderFieldBytes = 16 * 1024
    /// The request line and all header fields of a request.
    package var maxHeaderBytes = 32 * 1024
    package var maxHeaderFields = 100
    /// Connections open at once; beyond, the one that has waited longest for a request is closed.
    package var maxConnections = 4096
    /// Of these, from one client address; more are answered 503 and closed. 0: all.
    package var maxConnectionsPerAddress = 1024

    package static let standard = HTTPServerLimits()

    /// For the admin port, which few have business with.
    static let admin: HTTPServerLimits = {
        var limits = HTTPServerLimits()
        limits.server = "admin"
        limits.maxConnections = 256
        limits.maxConnectionsPerAddress = 128
        return limits
    }()

    package init() {}

    /// File descriptors that a process needs beside its clients' connections: PostgreSQL, the broker, receivers, logs.
    private static let reservedFiles = 128

    /// `maxConnections`, or fewer where the process may not open so many files.
    var connectionsWithinOpenFiles: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < UInt64(Int.max) else {
            return maxConnections
        }
        return max(1, min(maxConnections, Int(limit.rlim_cur) - Self.reservedFiles))
    }
}

/// The server settings that keep slow and greedy clients away, for the admin server, the gateway and the console.
package func httpServerConfiguration(_ limits: HTTPServerLimits = .standard) -> HTTPServerBuilder {
    let gauge = KitMetrics.connections.gauge([("server", limits.server)])
    let table = ConnectionTable(
        most: limits.connectionsWithinOpenFiles, mostPerAddress: limits.maxConnectionsPerAddress, changed: { gauge.record($0) })
    let executors = EventLoopExecutors()
    return HTTPServerBuilder { responder in
        BoundedHTTPChannel(responder: responder, limits: limits, table: table, executors: executors)
    }
}

/// Where to listen. No `Server` header: the version is nobody's business.
package func httpApplicationConfiguration(
    host: String, port: Int, limits: HTTPServerLimits = .standard
) -> ApplicationConfiguration {
    // Connections that are being turned away or closed still have a file each: beyond these, more wait in the kernel's queue.
    let closing = max(16, limits.connectionsWithinOpenFiles / 16)
    return ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: nil, backlog: 4096,
        availableConnectionsDelegate: MaximumAvailableConnections(limits.connectionsWithinOpenFiles + closing))
}
