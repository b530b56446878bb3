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

    var application: Application<Console> {
        // Hummingbird announces its normal work at info, and the addresses of clients at debug.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        return Application(
            responder: console, server: httpServerConfiguration(),
            configuration: httpApplicationConfiguration(host: console.config.host, port: console.config.port), logger: quiet)
    }
}
