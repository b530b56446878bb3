import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOFoundationCompat

/// What one would write with Hummingbird and Foundation: the body through JSONDecoder into plain structs. No Kafka: nothing is published.
@main
struct FoundationServer {
    struct Webhook: Decodable {
        let version: String
        let groupKey: String
        let status: String
        let receiver: String
        let groupLabels: [String: String]
        let commonLabels: [String: String]
        let commonAnnotations: [String: String]
        let externalURL: String
        let alerts: [Alert]
    }

    struct Alert: Decodable {
        let status: String
        let labels: [String: String]
        let annotations: [String: String]
        let startsAt: String
        let endsAt: String
        let generatorURL: String
        let fingerprint: String
    }

    static func main() async throws {
        guard CommandLine.arguments.count == 2, let port = Int(CommandLine.arguments[1]), (1...65535).contains(port) else {
            throw Usage()
        }
        var logger = Logger(label: "foundation-server")
        logger.logLevel = .error
        let answer = ByteBuffer(string: #"{"status":"ok"}"#)
        let responder = CallbackResponder<BasicRequestContext> { request, _ in
            let body = try await request.body.collect(upTo: 4_194_304)
            guard let webhook = try? JSONDecoder().decode(Webhook.self, from: body), !webhook.alerts.isEmpty else {
                return Response(status: .badRequest)
            }
            return Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: answer))
        }
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: nil, backlog: 1024),
            logger: logger)
        try await application.runService()
    }
}

/// The command line is not `foundation-server PORT`.
struct Usage: Error, CustomStringConvertible {
    let description = "usage: foundation-server PORT"
}
