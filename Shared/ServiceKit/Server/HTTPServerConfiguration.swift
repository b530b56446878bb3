package import Hummingbird
package import HummingbirdCore
import NIOCore

/// Limits of every HTTP server of ours. Hummingbird's own defaults let a connection idle for ever.
package struct HTTPServerLimits: Sendable, Hashable {
    /// A connection that sends no part of a request for this long is closed.
    package var idleSeconds = 15
    /// One header field, name and value.
    package var maxHeaderFieldBytes = 16 * 1024
    /// All header fields of a request.
    package var maxHeaderBytes = 32 * 1024
    package var maxHeaderFields = 100
    /// Connections open at once; more wait in the kernel's queue.
    package var maxConnections = 4096

    package static let standard = HTTPServerLimits()

    package init() {}
}

/// The server settings that keep slow and greedy clients away, for the admin server, the gateway and the console.
///
/// A body that trickles in one byte at a time still resets the idle time: put `RequestDeadlineMiddleware` in front of the routes.
package func httpServerConfiguration(_ limits: HTTPServerLimits = .standard) -> HTTPServerBuilder {
    .http1(
        configuration: HTTP1Channel.Configuration(
            idleTimeout: .seconds(Int64(limits.idleSeconds)),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.maxHeaderFieldBytes, maxHeaderListSize: limits.maxHeaderBytes,
                maxHeaderFieldCount: limits.maxHeaderFields)))
}

/// Where to listen, with the limit of connections. No `Server` header: the version is nobody's business.
package func httpApplicationConfiguration(
    host: String, port: Int, limits: HTTPServerLimits = .standard
) -> ApplicationConfiguration {
    ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: nil, backlog: 1024,
        availableConnectionsDelegate: MaximumAvailableConnections(limits.maxConnections))
}
