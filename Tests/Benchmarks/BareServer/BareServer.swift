import Hummingbird
import Logging
import NIOCore

/// The ceiling of the gateway: Hummingbird reads the body to its end and answers the same bytes as the gateway. Nothing is looked at.
@main
struct BareServer {
    static func main() async throws {
        guard CommandLine.arguments.count == 2, let port = Int(CommandLine.arguments[1]), (1...65535).contains(port) else {
            throw Usage()
        }
        var logger = Logger(label: "bare-server")
        logger.logLevel = .error
        let answer = ByteBuffer(string: #"{"status":"ok"}"#)
        let responder = CallbackResponder<BasicRequestContext> { request, _ in
            for try await _ in request.body {}
            return Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: answer))
        }
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: nil, backlog: 1024),
            logger: logger)
        try await application.runService()
    }
}

/// The command line is not `bare-server PORT`.
struct Usage: Error, CustomStringConvertible {
    let description = "usage: bare-server PORT"
}
