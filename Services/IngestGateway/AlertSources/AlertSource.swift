/// A kind of sender: reads what it posts and says which alerts that is. Reading is pure: bytes and a moment in, alerts or a named refusal
/// out. One file in `Sources/` each, and one line in `SourceRegistry.all` (docs/adding-a-source.md).
package protocol AlertSource: Sendable {
    /// Name in signals, metrics and keys: `[a-z][a-z0-9-]*`.
    static var id: String { get }
    /// Request path, `/api/webhooks/alertmanager`; the key may follow as one more segment.
    static var path: String { get }
    /// What it may call its body.
    static var accepts: AcceptedMedia { get }
    /// Whether it sends again what was answered with 429 and Retry-After; where not, 503 says the same.
    static var retriesTooManyRequests: Bool { get }

    /// The alerts of one request, in its order; may be empty where the sender's protocol allows that.
    /// - Throws: `SourceRefusal`; then nothing of the body is taken.
    static func parse(_ request: SourceRequest) throws(SourceRefusal) -> [ParsedAlert]
}

extension AlertSource {
    package static var retriesTooManyRequests: Bool { true }
}

/// Media types that a source takes.
package enum AcceptedMedia: Sendable, Hashable {
    /// `application/json` and everything that ends in `+json`, in UTF-8.
    case json
    /// Whatever the request says; the source itself looks at it.
    case any

    /// - Throws: the 415 that the gateway answers.
    package func check(_ type: MediaType?) throws(SourceRefusal) {
        guard self == .json else { return }
        guard let type else {
            throw .unsupportedMediaType("The request has no Content-Type. Send application/json.")
        }
        guard type.isJSON else {
            throw .unsupportedMediaType("Content-Type \(type.essence) is not taken here. Send application/json.")
        }
        guard type.isUTF8 else {
            throw .unsupportedMediaType("Only UTF-8 is taken here. Leave the charset out of Content-Type, or send charset=utf-8.")
        }
    }
}
