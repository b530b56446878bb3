import HTTPTypes
import JSON
import NIOCore
import NIOHTTP1

/// Why bytes on a connection are no request that is taken, before any handler has seen one. Answered like every other refusal, as
/// `{"error": …, "code": …}`, after which the connection ends.
struct WireRefusal: Sendable, Hashable {
    let status: HTTPResponseStatus
    /// Closed set, for machines.
    let code: String
    let message: String
    var retryAfterSeconds: Int?

    static let badRequest = WireRefusal(
        status: .badRequest, code: "bad_request", message: "This is no valid HTTP request.")

    static let headers = WireRefusal(
        status: .requestHeaderFieldsTooLarge, code: "over_limit",
        message: "The request line and headers are too long or too many: 100 fields of 16 KiB, 32 KiB in all are taken.")

    static let version = WireRefusal(
        status: .httpVersionNotSupported, code: "bad_request", message: "Only HTTP/1.0 and HTTP/1.1 are spoken here.")

    static let length = WireRefusal(
        status: .badRequest, code: "bad_request",
        message: "Content-Length is no number, is there twice, or stands beside Transfer-Encoding.")

    static let chunks = WireRefusal(status: .badRequest, code: "bad_request", message: "The chunks of the body are malformed.")

    static let host = WireRefusal(status: .badRequest, code: "bad_request", message: "HTTP/1.1 needs the header Host exactly once.")

    static let transferEncoding = WireRefusal(
        status: .notImplemented, code: "bad_request", message: "The only Transfer-Encoding that is taken is chunked.")

    static let tunnel = WireRefusal(status: .badRequest, code: "bad_request", message: "This server is no proxy.")

    static let slowHead = WireRefusal(
        status: .requestTimeout, code: "timeout", message: "The head of the request took too long. Send it again.")

    static let manyConnections = WireRefusal(
        status: .serviceUnavailable, code: "busy",
        message: "Your address has as many connections open as it may have. Close some, or keep them for more requests.",
        retryAfterSeconds: 1)

    static let noConnection = WireRefusal(
        status: .serviceUnavailable, code: "busy", message: "All connections of this server are at work. Try again.", retryAfterSeconds: 1)

    /// nil: no fault of the request's bytes.
    init?(_ error: any Error) {
        switch error as? HTTPParserError {
        case nil: return nil
        case .headerOverflow: self = .headers
        case .invalidVersion: self = .version
        case .invalidContentLength, .unexpectedContentLength: self = .length
        case .invalidChunkSize: self = .chunks
        default: self = .badRequest
        }
    }

    private init(status: HTTPResponseStatus, code: String, message: String, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// What makes a head unfit although it can be read; nil when nothing does.
    ///
    /// RFC 9112 section 3.2 demands one Host. Two of them, or a coding that we do not undo, are how a request is smuggled past a proxy
    /// that reads them otherwise (section 11.2).
    static func fault(of head: HTTPRequestHead) -> WireRefusal? {
        // What follows it would be no HTTP any more.
        if head.method == .CONNECT { return .tunnel }
        let hosts = head.headers["host"].count
        if hosts > 1 || (hosts == 0 && head.version.major == 1 && head.version.minor >= 1) { return .host }
        let codings = head.headers["transfer-encoding"]
        guard !codings.isEmpty else { return nil }
        // HTTP/1.0 knows no chunks; a proxy may forward their bytes as a body (RFC 9112 section 6.1).
        guard codings.count == 1, codings[0].lowercased() == "chunked", head.version == .http1_1 else { return .transferEncoding }
        return head.headers.contains(name: "content-length") ? .length : nil
    }

    /// Head and body of the answer.
    var answer: (head: HTTPResponseHead, body: ByteBuffer) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("error", message)
            writer.field("code", code)
        }
        var headers: HTTPHeaders = [
            "Connection": "close", "Content-Type": "application/json", "Cache-Control": "no-store",
            "Content-Length": String(writer.bytes.count),
        ]
        if let retryAfterSeconds { headers.add(name: "Retry-After", value: String(retryAfterSeconds)) }
        return (HTTPResponseHead(version: .http1_1, status: status, headers: headers), ByteBuffer(bytes: writer.bytes))
    }
}
