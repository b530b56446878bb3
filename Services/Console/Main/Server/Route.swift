import HTTPTypes
import Hummingbird
import ServiceKit

/// One address of the console: what it takes, who may use it, what it does. Nothing is served that is not in `Routes.all`.
struct Route: Sendable {
    enum Access: Sendable, Hashable, CaseIterable {
        /// Anybody.
        case open
        /// Who sends an API key.
        case key
        /// Who signed in with a browser; others are led to the sign-in page.
        case session
    }

    typealias Handler = @Sendable (Console, Call) async throws -> Response

    let method: HTTPRequest.Method
    /// `/api/incidents/{id}`; also the label of its metrics.
    let pattern: String
    let access: Access
    let handle: Handler
    private let segments: [Substring]

    init(_ method: HTTPRequest.Method, _ pattern: String, _ access: Access, _ handle: @escaping Handler) {
        self.method = method
        self.pattern = pattern
        self.access = access
        self.handle = handle
        segments = pattern.split(separator: "/")
    }

    /// The values of the pattern's placeholders in order; nil when the path is another.
    func match(_ path: [Substring]) -> [String]? {
        guard path.count == segments.count else { return nil }
        var values: [String] = []
        for (segment, given) in zip(segments, path) {
            if segment.hasPrefix("{") { values.append(String(given)) } else if segment != given { return nil }
        }
        return values
    }
}

/// A request that has passed the gate.
struct Call: Sendable {
    let requestID: String
    /// The host that the client named.
    let host: String?
    let headers: HTTPFields
    let body: [UInt8]
    let query: FormText
    /// Path and query as sent, for a link back.
    let target: String
    /// The values of the route's placeholders.
    let values: [String]
    /// Who asks; nil without a network.
    let address: ClientAddress?
    /// Set on every route but the open ones.
    var visitor: Visitor?
}
