import JSON
import Logging
import Outbound

/// Sends alerts to the gateway as any sender does: over HTTP, with an ingest key.
struct GatewayClient: Sendable {
    private static let path = "/api/webhooks/generic"
    private static let maxAnswerCharacters = 300

    private let url: String
    private let key: String
    private let http: HTTPClient

    /// - Throws: exit code 78 when a setting is missing.
    init(_ session: Session) throws {
        guard let url = session.variable("TOCSIN_GATEWAY_URL") else {
            throw OperatorFailure.configuration(
                "setting TOCSIN_GATEWAY_URL is required: where the gateway is, such as http://127.0.0.1:8080")
        }
        guard let key = session.variable("TOCSIN_INGEST_KEY") else {
            throw OperatorFailure.configuration(
                "setting TOCSIN_INGEST_KEY is required: an ingest key of the team, from tocsin keys create")
        }
        var base = url
        while base.hasSuffix("/") { base.removeLast() }
        self.url = base + Self.path
        self.key = key
        // The operator names the gateway: it may be on any network.
        http = HTTPClient(policy: AddressPolicy(allowPrivateAddresses: true), maxConcurrent: 1, logger: session.logger)
    }

    /// Returns when the gateway has the broker's acknowledgement.
    func send(_ body: [UInt8]) async throws {
        let request = HTTPRequest(
            url: url, headers: [Header("Authorization", "Bearer \(key)"), Header("Content-Type", "application/json")], body: body)
        let response: HTTPResponse
        do { response = try await http.send(request) } catch {
            throw OperatorFailure.unavailable("the gateway does not answer: \(error.reason)")
        }
        switch response.status {
        case 200...299: return
        case 401, 403: throw OperatorFailure.configuration("the gateway does not accept the key in TOCSIN_INGEST_KEY")
        case 503: throw OperatorFailure.unavailable("the gateway cannot take the alert: \(Self.words(response))")
        default: throw OperatorFailure.failed("the gateway answers \(response.status): \(Self.words(response))")
        }
    }

    private static func words(_ response: HTTPResponse) -> String {
        Printable.line(String(String(decoding: response.body, as: UTF8.self).prefix(maxAnswerCharacters)))
    }
}
