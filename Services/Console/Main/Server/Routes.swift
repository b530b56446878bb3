import HTTPTypes
import Hummingbird
import Models
import Views

/// Everything that the console serves: the one list, also for tests.
enum Routes {
    static let all: [Route] = open + api + pages

    private static let open: [Route] = [
        Route(.get, "/health", .open) { _, _ in HealthAPI.health() },
        Route(.get, "/ready", .open) { console, _ in HealthAPI.ready(console) },
        Route(.get, Stylesheet.path, .open) { _, _ in Assets.stylesheet(Stylesheet.text) },
        Route(.get, "/sign-in", .open) { console, call in SignIn.form(console, call) },
        Route(.post, "/sign-in", .open) { console, call in try await SignIn.begin(console, call) },
    ]

    private static let api: [Route] = [
        keyed(.get, "/api/incidents", ReadingAPI.incidents),
        keyed(.get, "/api/incidents/{id}", ReadingAPI.incident),
        keyed(.post, "/api/incidents/{id}/acknowledge") { try await ActionAPI.run(.acknowledge, $0, $1, $2) },
        keyed(.post, "/api/incidents/{id}/resolve") { try await ActionAPI.run(.resolve, $0, $1, $2) },
        keyed(.get, "/api/alerts", ReadingAPI.alerts),
        keyed(.get, "/api/metrics", ReadingAPI.metrics),
        keyed(.get, "/api/teams/me", ReadingAPI.ownTeam),
    ]

    private static let pages: [Route] = [
        signedIn(.get, "/", ReadingPages.overview),
        signedIn(.get, "/incidents", ReadingPages.incidents),
        signedIn(.get, "/incidents/{id}", ReadingPages.incident),
        signedIn(.post, "/incidents/{id}/acknowledge") { try await ActionPages.run(.acknowledge, $0, $1, $2) },
        signedIn(.post, "/incidents/{id}/resolve") { try await ActionPages.run(.resolve, $0, $1, $2) },
        signedIn(.get, "/alerts", ReadingPages.alerts),
        signedIn(.post, "/sign-out", SignIn.end),
    ]

    private typealias VisitorHandler = @Sendable (Console, Call, Visitor) async throws -> Response

    private static func keyed(_ method: HTTPRequest.Method, _ pattern: String, _ handle: @escaping VisitorHandler) -> Route {
        Route(method, pattern, .key) { console, call in try await handle(console, call, try call.needVisitor()) }
    }

    private static func signedIn(_ method: HTTPRequest.Method, _ pattern: String, _ handle: @escaping VisitorHandler) -> Route {
        Route(method, pattern, .session) { console, call in try await handle(console, call, try call.needVisitor()) }
    }
}

extension Call {
    /// - Throws: 401; the gate has seen to it that there is one.
    func needVisitor() throws(ConsoleRefusal) -> Visitor {
        guard let visitor else { throw .unauthorized }
        return visitor
    }
}
