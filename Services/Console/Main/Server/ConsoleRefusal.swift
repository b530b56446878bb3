/// Why a request is not done, as it is answered: JSON under `/api`, a page elsewhere.
struct ConsoleRefusal: Error, Sendable, Hashable {
    /// `code` of the answer: a closed set, for machines.
    enum Code: String, Sendable, CaseIterable {
        case invalidParameter = "invalid_parameter"
        case invalidBody = "invalid_body"
        case unauthorized
        case crossSite = "cross_site"
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case timeout
        case alreadyAcknowledged = "already_acknowledged"
        case alreadyResolved = "already_resolved"
        case keyReused = "idempotency_key_reused"
        case rateLimited = "rate_limited"
        case tooLarge = "too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case notReady = "not_ready"
        case unavailable
        case `internal`
    }

    let status: Int
    let code: Code
    let message: String
    /// The parameter, header or body field that is meant.
    var field: String?
    /// Value of `Allow`.
    var allow: String?
    var retryAfterSeconds: Int?

    init(_ status: Int, _ code: Code, _ message: String, field: String? = nil, allow: String? = nil, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.allow = allow
        self.retryAfterSeconds = retryAfterSeconds
    }
}

extension ConsoleRefusal {
    static let bodyLimitBytes = 65_536

    /// - Parameter problem: what is wrong, its limit and what to do: `must be 1 to 1000; send a smaller page`.
    static func parameter(_ name: String, _ problem: String) -> ConsoleRefusal {
        ConsoleRefusal(400, .invalidParameter, "\(name) \(problem).", field: name)
    }

    static func body(_ problem: String, field: String? = nil) -> ConsoleRefusal {
        ConsoleRefusal(400, .invalidBody, problem, field: field)
    }

    static let unauthorized = ConsoleRefusal(
        401, .unauthorized, "Send a valid API key as `Authorization: Bearer tk_api_…`; `tocsin keys create` makes one.")

    static let crossSite = ConsoleRefusal(
        403, .crossSite, "The form did not come from this page, or the page is too old. Load it again and repeat.")

    static let notFound = ConsoleRefusal(404, .notFound, "There is nothing at this address.")

    static let noIncident = ConsoleRefusal(404, .notFound, "Your team has no incident of this id or number.", field: "id")

    static func methodNotAllowed(_ allow: String) -> ConsoleRefusal {
        ConsoleRefusal(405, .methodNotAllowed, "This address takes only \(allow).", allow: allow)
    }

    static func timeout(seconds: Int) -> ConsoleRefusal {
        ConsoleRefusal(408, .timeout, "The request was not complete within \(seconds) s. Send it again.")
    }

    static let keyReused = ConsoleRefusal(
        409, .keyReused, "This Idempotency-Key was used for another command. Send a fresh one.", field: "Idempotency-Key")

    static let tooLarge = ConsoleRefusal(413, .tooLarge, "The body is longer than \(bodyLimitBytes) bytes. Send less.")

    static func mediaType(_ wanted: String) -> ConsoleRefusal {
        ConsoleRefusal(415, .unsupportedMediaType, "The body must be \(wanted). Set Content-Type.", field: "Content-Type")
    }

    static let compressed = ConsoleRefusal(
        415, .unsupportedMediaType, "Compressed bodies are not taken. Send the body without Content-Encoding.", field: "Content-Encoding")

    static func rateLimited(seconds: Int) -> ConsoleRefusal {
        ConsoleRefusal(
            429, .rateLimited, "This key asks more often than TOCSIN_CONSOLE_KEY_RATE_PER_S allows. Wait and ask again.",
            retryAfterSeconds: max(1, seconds))
    }

    static func tooManyUnauthorized(seconds: Int) -> ConsoleRefusal {
        ConsoleRefusal(
            429, .rateLimited, "Too many requests without a valid key or session came from your address. Wait and try again.",
            retryAfterSeconds: max(1, seconds))
    }

    static let notReady = ConsoleRefusal(
        503, .notReady, "The console has not read its keys yet. Try again in a moment.", retryAfterSeconds: 2)

    static let unavailable = ConsoleRefusal(
        503, .unavailable, "The database does not answer. Nothing was changed; try again in a moment.", retryAfterSeconds: 2)

    static let unknownOutcome = ConsoleRefusal(
        503, .unavailable,
        "The database went away while it answered: the change may or may not be made. Repeat it, with the same Idempotency-Key.",
        retryAfterSeconds: 2)

    static let `internal` = ConsoleRefusal(500, .internal, "The console failed. Its log has the reason under this request's id.")
}
