import AlertSources
import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// The bodies and headers that the gateway answers with.
enum Answers {
    static let requestID = HTTPField.Name("X-Request-Id")
    static let traceParent = HTTPField.Name("traceparent")

    static func ok(requestID: String) -> Response { json(.ok, okBody, requestID: requestID) }

    private static let okBody = Array(#"{"status":"ok"}"#.utf8)

    /// For who opens the gateway in a browser.
    static func hint(_ registry: SourceRegistry, requestID: String) -> Response {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("service", "Tocsin ingest gateway")
            writer.field("hint", "POST alerts to one of these paths with an ingest key as bearer token.")
            writer.field("paths", strings: registry.sources.map { $0.path })
        }
        return json(.ok, writer.bytes, requestID: requestID)
    }

    static func refusal(_ refusal: GatewayRefusal, requestID: String) -> Response {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("error", refusal.message)
            writer.field("code", refusal.code.rawValue)
            writer.field("field", refusal.field)
            writer.field("requestId", requestID)
        }
        var response = json(HTTPResponse.Status(code: refusal.status), writer.bytes, requestID: requestID)
        if let seconds = refusal.retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
        if let allow = refusal.allow { response.headers[.allow] = allow }
        if refusal.status == 401 { response.headers[.wwwAuthenticate] = #"Bearer realm="tocsin""# }
        return response
    }

    private static func json(_ status: HTTPResponse.Status, _ bytes: [UInt8], requestID: String) -> Response {
        var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        if let name = Self.requestID { headers[name] = requestID }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
