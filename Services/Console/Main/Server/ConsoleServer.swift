import Hummingbird
import Logging
import ServiceKit
import ServiceLifecycle

/// Serves the console. Graceful shutdown takes no new connections and finishes the requests in hand.
struct ConsoleServer: Service, CustomStringConvertible {
    let console: Console
    let logger: Logger

    var description: String { "console-server" }

    func run() async throws { try await application.run() }

    /// Beyond the time that a client may take to send its request: for the answer to be made and read.
    private static let answerSeconds = 15

    var application: Application<Console> {
        var limits = HTTPServerLimits.standard
        limits.maxConnections = console.config.maxConnections
        limits.maxConnectionsPerAddress = console.config.maxConnectionsPerAddress
        limits.requestSeconds = console.config.requestTimeoutSeconds + Self.answerSeconds
        // Hummingbird announces its normal work at info, and the addresses of clients at debug.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        return Application(
            responder: console, server: httpServerConfiguration(limits),
            configuration: httpApplicationConfiguration(host: console.config.host, port: console.config.port, limits: limits),
            logger: quiet)
    }
}
