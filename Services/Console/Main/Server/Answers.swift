import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// The bodies and headers that the console answers with.
enum Answers {
    static func json(_ status: HTTPResponse.Status = .ok, _ bytes: [UInt8]) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func page(_ status: HTTPResponse.Status = .ok, _ html: String) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    /// 303: whatever was asked, go there with GET.
    static func seeOther(_ location: String) -> Response {
        Response(status: .seeOther, headers: [.location: location, .cacheControl: "no-store"])
    }

    static func refusal(_ refusal: ConsoleRefusal, requestID: String) -> Response {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("error", refusal.message)
            writer.field("code", refusal.code.rawValue)
            writer.field("field", refusal.field)
            writer.field("requestId", requestID)
        }
        return json(HTTPResponse.Status(code: refusal.status), writer.bytes)
    }
}

/// Headers that every answer has.
enum SecurityHeaders {
    static let contentSecurityPolicy = [
        "default-src 'none'", "style-src 'self'", "img-src 'self' data:", "script-src 'self'", "form-action 'self'",
        "frame-ancestors 'none'", "base-uri 'none'",
    ].joined(separator: "; ")

    private static let fixed: [(String, String)] = [
        ("Content-Security-Policy", contentSecurityPolicy),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        // Not no-referrer: with it browsers send `Origin: null` with our own forms.
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ]

    static func add(to response: inout Response, requestID: String, isSecure: Bool) {
        for (name, value) in fixed {
            if let name = HTTPField.Name(name) { response.headers[name] = value }
        }
        if isSecure { response.headers[.strictTransportSecurity] = "max-age=63072000" }
        if let name = RequestID.header { response.headers[name] = requestID }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    }

    static func add(_ refusal: ConsoleRefusal, to response: inout Response) {
        if refusal.status == 401 { response.headers[.wwwAuthenticate] = #"Bearer realm="tocsin""# }
        if let allow = refusal.allow { response.headers[.allow] = allow }
        if let seconds = refusal.retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
    }
}
