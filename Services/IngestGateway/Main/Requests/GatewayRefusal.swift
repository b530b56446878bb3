import AlertSources

/// Why a request is not taken, as it is answered.
struct GatewayRefusal: Error, Sendable, Hashable {
    /// A closed set: `code` of the answer and label of `tocsin_gateway_refused_total`.
    enum Code: String, Sendable, CaseIterable {
        case malformedJSON = "malformed_json"
        case missingField = "missing_field"
        case invalidField = "invalid_field"
        case overLimit = "over_limit"
        case unsupportedMediaType = "unsupported_media_type"
        case contradiction
        case unauthorized, forbidden
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case lengthRequired = "length_required"
        case timeout
        case rateLimited = "rate_limited"
        case busy
        case notReady = "not_ready"
        case brokerUnavailable = "broker_unavailable"
        case spoolFull = "spool_full"
        case spoolTooOld = "spool_too_old"
        case spoolFailed = "spool_failed"
        case `internal`

        init(_ code: SourceRefusal.Code) {
            switch code {
            case .malformedJSON: self = .malformedJSON
            case .missingField: self = .missingField
            case .invalidField: self = .invalidField
            case .overLimit: self = .overLimit
            case .unsupportedMediaType: self = .unsupportedMediaType
            case .contradiction: self = .contradiction
            }
        }
    }

    let status: Int
    let code: Code
    var field: String?
    let message: String
    var retryAfterSeconds: Int?
    /// Value of `Allow`.
    var allow: String?

    init(_ status: Int, _ code: Code, _ message: String, field: String? = nil, retryAfterSeconds: Int? = nil, allow: String? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.retryAfterSeconds = retryAfterSeconds
        self.allow = allow
    }

    init(_ refusal: SourceRefusal) {
        self.init(refusal.status, Code(refusal.code), refusal.message, field: refusal.field)
    }
}

extension GatewayRefusal {
    /// Seconds that a sender should wait when we, not it, are at fault. Alertmanager retries on 5xx only, never on 429.
    private static let retrySeconds = 5

    static let notFound = GatewayRefusal(404, .notFound, "There is nothing at this path. GET / lists the paths that take alerts.")

    static func methodNotAllowed(_ allow: String) -> GatewayRefusal {
        GatewayRefusal(405, .methodNotAllowed, "Use \(allow) here.", allow: allow)
    }

    static let unauthorized = GatewayRefusal(
        401, .unauthorized,
        "The ingest key is missing, unknown, expired or revoked. Send it as a bearer token, as the password of basic authentication, or as "
            + "the last segment of the path. `tocsin keys create` makes one.", field: "Authorization")

    static func forbidden(source: String) -> GatewayRefusal {
        GatewayRefusal(
            403, .forbidden, "This ingest key belongs to another source and may not send for \(source). Use a key of its own.",
            field: "Authorization")
    }

    static let contentEncoding = GatewayRefusal(
        415, .unsupportedMediaType, "Compressed bodies are not taken. Send the body without Content-Encoding.", field: "Content-Encoding")

    static let lengthRequired = GatewayRefusal(
        411, .lengthRequired, "The request has neither Content-Length nor a chunked body.", field: "Content-Length")

    static let invalidLength = GatewayRefusal(400, .invalidField, "Content-Length is no whole number.", field: "Content-Length")

    static let truncatedBody = GatewayRefusal(
        400, .invalidField, "The body ended before its Content-Length.", field: "Content-Length")

    static let malformedChunks = GatewayRefusal(
        400, .invalidField, "The chunks of the body are malformed, or end too early.", field: "Transfer-Encoding")

    static func bodyTooLarge(_ limits: IngestLimits) -> GatewayRefusal {
        GatewayRefusal(
            .overLimit(
                "body", "The body is longer than \(limits.bodyBytes) bytes. Send fewer alerts at once.",
                setting: "TOCSIN_GATEWAY_MAX_BODY_BYTES"))
    }

    static func timeout(seconds: Int) -> GatewayRefusal {
        GatewayRefusal(408, .timeout, "The request was not complete within \(seconds) s. Send it again.")
    }

    /// - Parameter retries429: whether the source sends again what got 429; others get 503.
    static func rateLimited(seconds: Int, setting: String, retries429: Bool) -> GatewayRefusal {
        GatewayRefusal(
            retries429 ? 429 : 503, .rateLimited, "This key or its team sends faster than \(setting) allows. Wait and send again.",
            retryAfterSeconds: max(1, seconds))
    }

    static func tooManyUnauthorized(seconds: Int) -> GatewayRefusal {
        GatewayRefusal(
            429, .unauthorized, "Too many requests without a valid ingest key came from your address. Send the right key.",
            field: "Authorization", retryAfterSeconds: max(1, seconds))
    }

    static let busy = GatewayRefusal(
        503, .busy, "The gateway holds as many bodies as it may. Wait and send again.", retryAfterSeconds: 1)

    static let notReady = GatewayRefusal(
        503, .notReady, "The gateway has not read its keys yet. Wait and send again.", retryAfterSeconds: retrySeconds)

    static let brokerUnavailable = GatewayRefusal(
        503, .brokerUnavailable, "The alerts could not be stored safely. Nothing is lost if you send them again.",
        retryAfterSeconds: retrySeconds)

    static let spoolFull = GatewayRefusal(
        503, .spoolFull, "The broker is away and the gateway keeps as many alerts as it may. Wait and send again.",
        retryAfterSeconds: retrySeconds)

    static let spoolTooOld = GatewayRefusal(
        503, .spoolTooOld, "The broker has been away for so long that the gateway takes no more. Wait and send again.",
        retryAfterSeconds: retrySeconds)

    static let spoolFailed = GatewayRefusal(
        503, .spoolFailed, "The broker is away and the gateway's disk does not take the alerts. Wait and send again.",
        retryAfterSeconds: retrySeconds)

    /// Other than too large for us.
    static let unfitRecord = GatewayRefusal(
        413, .overLimit, "The broker does not take an alert of this body, most likely because it is too large. Send less text.",
        field: "body")

    static let `internal` = GatewayRefusal(
        500, .internal, "The gateway failed. Its log has the reason under this request's id.", retryAfterSeconds: retrySeconds)
}
