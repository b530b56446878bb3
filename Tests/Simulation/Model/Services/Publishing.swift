import Models
import ServiceKit

/// OutboxPublisher: what has just been committed is published at once, and what fails is left to the relay. The breaker is the real one.
final class DirectPublisher {
    private let world: World
    private let process: Process
    private var breaker = CircuitBreaker(threshold: 1, cooldownSeconds: 2, maxCooldownSeconds: 15)

    init(_ process: Process) {
        self.process = process
        world = process.world
    }

    func publish(_ entries: [OutboxEntry], on fiber: Fiber, done: @escaping () -> Void) {
        guard !entries.isEmpty, breaker.allows(process.clock) else { return done() }
        if world.has(.outboxDeletedFirst) {
            return fiber.query("delete published", { try $0.deleteOutbox(entries) }) { [self] _ in
                fiber.then { [self] in
                    do { try world.broker.send(entries.map(\.message)) } catch { world.trace.note("forgotten", entries.count) }
                    fiber.then(done)
                }
            }
        }
        fiber.then { [self] in
            do {
                world.trace.note("publishes", entries.count)
                try world.broker.send(entries.map(\.message))
                breaker.recordSuccess(process.clock)
                fiber.query("delete published", { try $0.deleteOutbox(entries) }) { _ in done() }
            } catch {
                breaker.recordFailure(process.clock)
                fiber.then(done)
            }
        }
    }
}

/// OutboxRelay: publishes what its own process could not. Holds the rows until the broker has acknowledged.
struct Relay {
    private static let graceMilliseconds: Int64 = 1000
    private static let rowsPerPass = 500
    let fiber: Fiber

    func pass() {
        let world = fiber.process.world
        if world.has(.relay) { return }
        guard !world.store.outbox.isEmpty else { return fiber.then(after: 1000) { pass() } }
        var entries: [OutboxEntry] = []
        fiber.transact([
            Statement("claim outbox") { entries = $0.claimOutbox(limit: Self.rowsPerPass, graceMilliseconds: Self.graceMilliseconds) },
            Statement("relay") { _ in
                guard !entries.isEmpty else { return }
                world.trace.note("relays", entries.count)
                try world.broker.send(entries.map(\.message))
            },
            Statement("delete published") { try $0.deleteOutbox(entries) },
        ]) { fault in
            fiber.then(after: fault == nil && !entries.isEmpty ? 0 : 1000) { pass() }
        }
    }

    static func start(_ fiber: Fiber) {
        fiber.then(after: 500) { Relay(fiber: fiber).pass() }
    }
}
