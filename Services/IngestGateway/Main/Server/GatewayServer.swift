import Hummingbird
import Logging
import NIOCore
import ServiceKit
import ServiceLifecycle

/// Serves the gateway. Graceful shutdown takes no new connections and finishes the requests in hand.
struct GatewayServer: Service, CustomStringConvertible {
    let gateway: Gateway
    let config: GatewayConfig
    let logger: Logger
    var onListening: @Sendable (_ port: Int) -> Void = { _ in }

    /// Beyond the request's time: for the answer to be read.
    private static let lastResortSeconds = 5

    var description: String { "gateway-server" }

    func run() async throws { try await application.run() }

    var application: Application<Gateway> {
        var limits = HTTPServerLimits.standard
        limits.idleSeconds = config.idleTimeoutSeconds
        limits.maxConnections = config.maxConnections
        limits.maxConnectionsPerAddress = config.maxConnectionsPerAddress
        // The gateway itself answers at the end of its time; this is for what it cannot see.
        limits.requestSeconds = config.requestTimeoutSeconds + Self.lastResortSeconds
        // Hummingbird announces its normal work at info, and the addresses of clients at debug.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let onListening = onListening
        return Application(
            responder: gateway, server: httpServerConfiguration(limits),
            configuration: httpApplicationConfiguration(host: config.host, port: config.port, limits: limits),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) }, logger: quiet)
    }
}
