import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// `/health` (alive), `/ready` (dependencies) and `/metrics` on a port of their own, away from the traffic.
package final class AdminServer: Service, CustomStringConvertible {
    private let host: String
    private let requestedPort: Int
    private let runtime: Runtime
    private let bound = Mutex<Int?>(nil)

    package init(runtime: Runtime) {
        self.runtime = runtime
        host = runtime.common.adminHost
        requestedPort = runtime.common.adminPort
    }

    package var description: String { "admin-server" }

    /// The port once it listens; of use when 0 was asked for.
    package var port: Int? { bound.withLock { $0 } }

    package func run() async throws {
        let application = Application(
            router: router(), server: httpServerConfiguration(.admin),
            configuration: httpApplicationConfiguration(host: host, port: requestedPort, limits: .admin),
            onServerRunning: { channel in self.bound.withLock { $0 = channel.localAddress?.port } },
            logger: runtime.quietLogger)
        try await application.run()
    }

    /// The routes, for tests without a socket.
    func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: RequestDeadlineMiddleware(seconds: 10))
        router.get("health") { _, _ in Self.json(.ok, Array(#"{"status":"ok"}"#.utf8)) }
        router.get("ready") { [runtime] _, _ in
            let report = runtime.health.report()
            return Self.json(report.isReady ? .ok : .serviceUnavailable, report.json)
        }
        router.get("metrics") { [runtime] _, _ in
            runtime.sampleGauges()
            return Response(
                status: .ok, headers: [.contentType: PrometheusText.contentType],
                body: .init(byteBuffer: ByteBuffer(string: PrometheusRegistry.exposition())))
        }
        return router
    }

    private static func json(_ status: HTTPResponse.Status, _ bytes: [UInt8]) -> Response {
        Response(status: status, headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
