import AlertSources
import Grouping
import Models

/// One request as the network carries it.
final class Request {
    let team: Team
    let source: any AlertSource.Type
    let body: [UInt8]
    /// Told when the answer arrives; nil: nobody waits for it.
    var answer: ((Int) -> Void)?

    init(team: Team, source: any AlertSource.Type, body: [UInt8], answer: ((Int) -> Void)?) {
        self.team = team
        self.source = source
        self.body = body
        self.answer = answer
    }
}

/// ingest-gateway: parses, publishes, answers; while the broker is away it keeps records in its spool, on disk, and answers when they are
/// there. Decisions: the sources' parsers, the grouping key; the spool is a model.
final class Gateway {
    private let process: Process
    private let disk: Spool
    private var inbox: [Request] = []
    private var inHand = 0
    private var idle: [Fiber] = []

    private var world: World { process.world }

    /// What survives the process.
    final class Spool {
        var messages: [LogMessage] = []
        static let capacity = 400
    }

    init(_ process: Process, disk: Spool) {
        self.process = process
        self.disk = disk
        for index in 0..<2 { serve(process.fiber("request \(index)")) }
        drain(process.fiber("spool"), after: 100)
    }

    func receive(_ request: Request) {
        inbox.append(request)
        idle.popLast()?.wake(at: world.now)
    }

    var isIdle: Bool { inbox.isEmpty && inHand == 0 && disk.messages.isEmpty }

    private func serve(_ fiber: Fiber) {
        guard !inbox.isEmpty else {
            idle.append(fiber)
            return fiber.then(after: 3000) { [self] in
                idle.removeAll { $0 === fiber }
                serve(fiber)
            }
        }
        let request = inbox.removeFirst()
        inHand += 1
        let receivedAt = process.clock
        fiber.then { [self] in
            guard let facts = try? facts(request, receivedAt) else {
                world.violate("gateway", "a body of ours was refused")
                return
            }
            let messages = facts.map { LogMessage($0, serial: world.ledger.newSerial()) }
            world.trace.note("request", messages.count)
            if world.has(.earlyAnswer) { return answerEarly(request, messages, fiber) }
            do {
                // As long as something waits in the spool, what comes later waits behind it.
                guard disk.messages.isEmpty else { throw Broker.SendFailed() }
                try world.broker.send(messages)
                fiber.then { [self] in answer(request, 200, messages, fiber) }
            } catch {
                fiber.then { [self] in spool(request, messages, fiber) }
            }
        }
    }

    private func facts(_ request: Request, _ receivedAt: Timestamp) throws -> [Fact] {
        let alerts = try request.source.parse(
            SourceRequest(body: request.body, contentType: MediaType("application/json"), receivedAt: receivedAt))
        return try alerts.map {
            try $0.fact(
                source: request.source.id, team: request.team.id, rules: request.team.policy.rules, receivedAt: receivedAt,
                traceparent: nil, limits: IngestLimits())
        }
    }

    private func spool(_ request: Request, _ messages: [LogMessage], _ fiber: Fiber) {
        guard disk.messages.count + messages.count <= Spool.capacity else { return answer(request, 503, messages, fiber) }
        disk.messages += messages
        world.trace.note("spooled", disk.messages.count)
        fiber.then { [self] in answer(request, 200, messages, fiber) }
    }

    private func answer(_ request: Request, _ status: Int, _ messages: [LogMessage], _ fiber: Fiber) {
        world.trace.note("answers", status)
        if status == 200 { world.ledger.accepted += messages.map(\.serial) }
        if !world.strikes(.answerLost, 8) { request.answer?(status) }
        inHand -= 1
        serve(fiber)
    }

    private func answerEarly(_ request: Request, _ messages: [LogMessage], _ fiber: Fiber) {
        world.ledger.accepted += messages.map(\.serial)
        request.answer?(200)
        fiber.then { [self] in
            do { try world.broker.send(messages) } catch { world.trace.note("forgotten", messages.count) }
            inHand -= 1
            serve(fiber)
        }
    }

    /// In order, and out of the spool only after the acknowledgement.
    private func drain(_ fiber: Fiber, after milliseconds: Int) {
        fiber.then(after: milliseconds) { [self] in
            let part = Array(disk.messages.prefix(20))
            guard !part.isEmpty else { return drain(fiber, after: 1000) }
            do {
                try world.broker.send(part)
                world.trace.note("drained", part.count)
                fiber.then { [self] in
                    disk.messages.removeFirst(part.count)
                    drain(fiber, after: 0)
                }
            } catch {
                drain(fiber, after: 700)
            }
        }
    }
}
