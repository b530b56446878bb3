import HTTPTypes
import Hummingbird
import Logging
import Models
import Postgres
import ServiceKit
import Views

/// One request from its head to its answer. Deny by default: only what `Routes.all` lists is served, to whom it names.
struct Console: HTTPResponder {
    let runtime: Runtime
    let config: ConsoleConfig
    let keys: KeyCache
    let views: Views
    let guardian: CrossSiteGuard
    let limits: RequestLimits
    private let metrics: ConsoleMetrics

    init(runtime: Runtime, config: ConsoleConfig, keys: KeyCache) throws {
        self.runtime = runtime
        self.config = config
        self.keys = keys
        views = try Views()
        guardian = CrossSiteGuard(publicURL: config.publicURL)
        limits = RequestLimits(config)
        metrics = ConsoleMetrics(routes: Routes.all.map(\.pattern))
    }

    var now: Timestamp { runtime.clock() }

    func respond(to request: Request, context: ConsoleContext) async -> Response {
        let startedAt = now
        let requestID = RequestID.take(request.headers)
        let path = request.uri.path.split(separator: "/")
        let candidates = Routes.all.filter { $0.match(path) != nil }
        let method = request.method == .head ? .get : request.method
        let route = candidates.first { $0.method == method }
        var response: Response
        do {
            let body = try await body(of: request, context)
            guard let route else { throw candidates.isEmpty ? .notFound : ConsoleRefusal.methodNotAllowed(Self.allowed(candidates)) }
            response = try await answer(request, body, route, route.match(path) ?? [], requestID, context.address)
        } catch {
            response = await refuse(error, request, isAPI: Self.isAPI(path), requestID)
        }
        SecurityHeaders.add(to: &response, requestID: requestID, isSecure: config.isSecure)
        let microseconds = now.microseconds - startedAt.microseconds
        metrics.answered(response.status.code, route: route?.pattern ?? ConsoleMetrics.noRoute, microseconds: microseconds)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(
        _ request: Request, _ body: [UInt8], _ route: Route, _ values: [String], _ requestID: String,
        _ address: ClientAddress?
    ) async throws -> Response {
        guard let query = FormText((request.uri.query ?? "").utf8) else {
            throw ConsoleRefusal(400, .invalidParameter, "The query is no UTF-8 text, or holds a NUL.")
        }
        var call = Call(
            requestID: requestID, host: request.head.authority, headers: request.headers, body: body, query: query,
            target: request.uri.string, values: values, address: address)
        switch route.access {
        case .open: break
        case .key:
            let visitor = try visitor(byKey: request.headers, from: address)
            try limits.count(visitor.keyID, now: now)
            call.visitor = visitor
        case .session:
            guard let visitor = try await visitor(bySession: request.headers, from: address) else {
                return Answers.seeOther(SignIn.address(returningTo: request.method == .get ? call.target : "/"))
            }
            try limits.count(visitor.keyID, now: now)
            call.visitor = visitor
            if request.method == .post { try guardian.check(call, session: visitor.session) }
        }
        var response = try await route.handle(self, call)
        if route.access == .key, let visitor = call.visitor {
            limits.standing(of: visitor.keyID, now: now).add(to: &response.headers)
        }
        return response
    }

    private func body(of request: Request, _ context: ConsoleContext) async throws(ConsoleRefusal) -> [UInt8] {
        do { return try await BodyReading.bytes(of: request, timeoutSeconds: config.requestTimeoutSeconds) } catch {
            context.hangUpSoon()
            throw error
        }
    }

    private static func allowed(_ routes: [Route]) -> String {
        let methods = routes.flatMap { $0.method == .get ? ["GET", "HEAD"] : [$0.method.rawValue] }
        return methods.joined(separator: ", ")
    }

    private static func isAPI(_ path: [Substring]) -> Bool { ["api", "health", "ready"].contains(path.first ?? "") }
}

extension Console {
    /// Answers what went wrong: JSON for programs, a page for people. What is not a refusal is logged, and never shown.
    private func refuse(_ error: any Error, _ request: Request, isAPI: Bool, _ requestID: String) async -> Response {
        let refusal = refusal(for: error)
        log(refusal, error, requestID)
        var response: Response
        if isAPI {
            response = Answers.refusal(refusal, requestID: requestID)
        } else {
            response = Answers.page(
                HTTPResponse.Status(code: refusal.status),
                views.message(MessagePage(status: refusal.status, text: refusal.message, requestID: requestID)))
        }
        SecurityHeaders.add(refusal, to: &response)
        if refusal.status == 413 || refusal.status == 408 || refusal == .compressed { response.headers[.connection] = "close" }
        return response
    }

    private func refusal(for error: any Error) -> ConsoleRefusal {
        switch error {
        case let refusal as ConsoleRefusal: return refusal
        case let error as PostgresError where error.code == .commitUnknown: return .unknownOutcome
        case let error as PostgresError where error.isConnectionFault || error.isRetriable || error.code == .poolTimeout:
            return .unavailable
        default: return .internal
        }
    }

    private func log(_ refusal: ConsoleRefusal, _ error: any Error, _ requestID: String) {
        let metadata: Logger.Metadata = [
            "request.id": "\(requestID)", "http.status": "\(refusal.status)", "refusal.code": "\(refusal.code.rawValue)",
        ]
        guard refusal.status >= 500, !(error is ConsoleRefusal) else {
            return runtime.logger.debug("request refused", metadata: metadata)
        }
        runtime.logger.error("request failed", metadata: metadata.merging(["error": "\(error)"]) { first, _ in first })
    }
}
