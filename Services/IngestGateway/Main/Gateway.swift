import AlertSources
import HTTPTypes
import Hummingbird
import Logging
import Models
import ServiceKit

/// One request from its head to its answer: who sends, what the body says, and whether it is durable.
struct Gateway: HTTPResponder {
    typealias Publish = @Sendable (_ facts: [Fact], _ timeoutMilliseconds: Int) async throws(PublishFailure) -> Void

    let registry: SourceRegistry
    let directory: DirectoryCache
    let keyLimits: KeyLimits
    private let config: GatewayConfig
    let budget: BodyBudget
    private let metrics: GatewayMetrics
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private let publishing: Publishing

    init(
        registry: SourceRegistry, config: GatewayConfig, directory: DirectoryCache, clock: @escaping @Sendable () -> Timestamp,
        logger: Logger, spool: Spool, publish: @escaping Publish
    ) {
        self.registry = registry
        self.config = config
        self.directory = directory
        self.clock = clock
        self.logger = logger
        keyLimits = KeyLimits(config)
        budget = BodyBudget(bytes: config.maxBodyBytesInFlight, longest: config.limits.bodyBytes)
        metrics = GatewayMetrics(sources: registry.sources.map { $0.id })
        publishing = Publishing(publish: publish, spool: spool, metrics: metrics)
    }

    func respond(to request: Request, context: GatewayContext) async -> Response {
        let requestID = RequestID.take(Answers.requestID.flatMap { request.headers[$0] })
        switch Route(path: request.uri.path, registry: registry) {
        case .hint:
            let response = request.method == .get ? Answers.hint(registry, requestID: requestID) : nil
            return await finish(response, or: .methodNotAllowed("GET"), request, context, requestID, source: nil)
        case .nothing:
            return await finish(nil, or: .notFound, request, context, requestID, source: nil)
        case .source(let source, let pathKey):
            return await take(request, context, source: source, pathKey: pathKey, requestID: requestID)
        }
    }

    private func take(
        _ request: Request, _ context: GatewayContext, source: any AlertSource.Type, pathKey: String?, requestID: String
    ) async -> Response {
        let startedAt = clock()
        let length: BodyLength
        let arrival: Arrival
        do throws(GatewayRefusal) {
            guard request.method == .post else { throw .methodNotAllowed("POST") }
            arrival = try admit(request, context, source: source, pathKey: pathKey, now: startedAt)
            length = try checkHead(request, source: source)
        } catch {
            return await finish(nil, or: error, request, context, requestID, source: source.id)
        }
        let reserved = length.declared ?? config.limits.bodyBytes
        let team = arrival.sender.teamID
        guard budget.reserve(reserved, for: team) else {
            return await finish(nil, or: .busy, request, context, requestID, source: source.id)
        }
        defer { budget.release(reserved, for: team) }
        let read = await BodyReading.bytes(
            of: request, length: length, limits: config.limits, timeoutSeconds: config.requestTimeoutSeconds)
        if !read.isAtEnd { context.hangUpSoon() }
        do throws(GatewayRefusal) {
            try await accept(try read.bytes.get(), of: request, source: source, arrival: arrival)
            metrics.answered(200, source: source.id)
            CrashPoint.gatewayAnswered.reach()
            return Answers.ok(requestID: requestID)
        } catch {
            return answer(error, requestID, source: source.id, closes: !read.isAtEnd)
        }
    }

    /// Who sends, and by which rules it is grouped.
    private struct Arrival {
        let sender: Sender
        let rules: GroupingRules
        let receivedAt: Timestamp
    }

    private func admit(
        _ request: Request, _ context: GatewayContext, source: any AlertSource.Type, pathKey: String?, now: Timestamp
    ) throws(GatewayRefusal) -> Arrival {
        guard let directory = directory.current else { throw .notReady }
        guard let token = Credentials.token(authorization: request.headers[.authorization], pathKey: pathKey),
            let sender = directory.sender(token: token, now: now)
        else {
            if let seconds = keyLimits.secondsToWait(stranger: context.address, now: now) { throw .tooManyUnauthorized(seconds: seconds) }
            throw .unauthorized
        }
        guard sender.maySend(for: source.id) else { throw .forbidden(source: source.id) }
        if let wait = keyLimits.secondsToWait(sender, now: now) {
            throw .rateLimited(seconds: wait.seconds, setting: wait.setting, retries429: source.retriesTooManyRequests)
        }
        return Arrival(sender: sender, rules: directory.rules(of: sender.teamID), receivedAt: now)
    }

    private func checkHead(_ request: Request, source: any AlertSource.Type) throws(GatewayRefusal) -> BodyLength {
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" { throw .contentEncoding }
        do throws(SourceRefusal) { try source.accepts.check(request.headers[.contentType].flatMap(MediaType.init)) } catch {
            throw GatewayRefusal(error)
        }
        return try BodyLength(request.headers, limits: config.limits)
    }

    /// Returns once every alert of the body is durable: acknowledged by the broker, or in the spool.
    private func accept(
        _ body: [UInt8], of request: Request, source: any AlertSource.Type, arrival: Arrival
    ) async throws(GatewayRefusal) {
        metrics.read(bytes: body.count)
        let facts: [Fact]
        do throws(SourceRefusal) { facts = try self.facts(body, of: request, source: source, arrival: arrival) } catch {
            throw GatewayRefusal(error)
        }
        guard !facts.isEmpty else { return }
        let left = timeLeft(since: arrival.receivedAt)
        try await publishing.send(
            facts, policy: arrival.sender.whenBrokerAway, patienceMilliseconds: min(config.publishTimeoutMilliseconds, left),
            timeLeftMilliseconds: left)
        metrics.accepted(facts.count, source: source.id)
    }

    private func facts(
        _ body: [UInt8], of request: Request, source: any AlertSource.Type, arrival: Arrival
    ) throws(SourceRefusal) -> [Fact] {
        let traceparent = TraceParent.take(Answers.traceParent.flatMap { request.headers[$0] })
        let alerts = try source.parse(
            SourceRequest(
                body: body, contentType: request.headers[.contentType].flatMap(MediaType.init), eventHeaders: eventHeaders(request),
                receivedAt: arrival.receivedAt, limits: config.limits))
        var facts: [Fact] = []
        facts.reserveCapacity(alerts.count)
        for alert in alerts {
            facts.append(
                try alert.fact(
                    source: source.id, team: arrival.sender.teamID, rules: arrival.rules, receivedAt: arrival.receivedAt,
                    traceparent: traceparent, limits: config.limits))
        }
        return facts
    }

    private func eventHeaders(_ request: Request) -> [String: String] {
        var headers: [String: String] = [:]
        for field in request.headers where field.name.canonicalName.hasPrefix("ce-") {
            headers[String(field.name.canonicalName.dropFirst(3))] = field.value
        }
        return headers
    }

    /// What is left of the request's time, in milliseconds.
    private func timeLeft(since start: Timestamp) -> Int {
        max(100, config.requestTimeoutSeconds * 1000 - Int(clock().milliseconds(since: start)))
    }

    /// Answers a request whose body was not read: it is read and dropped now, or else the connection ends.
    private func finish(
        _ response: Response?, or refusal: GatewayRefusal, _ request: Request, _ context: GatewayContext, _ requestID: String,
        source: String?
    ) async -> Response {
        // Whoever floods us without a key is not worth reading.
        let isFlood = response == nil && refusal.status == 429 && refusal.code == .unauthorized
        let isRead =
            isFlood ? false : await BodyReading.drain(request, limits: config.limits, timeoutSeconds: config.requestTimeoutSeconds)
        let closes = !isRead
        if closes { context.hangUpSoon() }
        guard var response else { return answer(refusal, requestID, source: source, closes: closes) }
        if closes { response.headers[.connection] = "close" }
        metrics.answered(response.status.code, source: source)
        return response
    }

    private func answer(_ refusal: GatewayRefusal, _ requestID: String, source: String?, closes: Bool) -> Response {
        metrics.answered(refusal.status, source: source)
        metrics.refused(refusal.code)
        // Neither the field nor the path: both may hold what the sender wrote, the path even its key.
        logger.debug(
            "request refused",
            metadata: [
                "request.id": "\(requestID)", "http.status": "\(refusal.status)", "refusal.code": "\(refusal.code.rawValue)",
                "alert.source": "\(source ?? GatewayMetrics.noSource)",
            ])
        var response = Answers.refusal(refusal, requestID: requestID)
        if closes { response.headers[.connection] = "close" }
        return response
    }
}
