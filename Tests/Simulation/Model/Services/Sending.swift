import Delivery
import Models
import ServiceKit

/// What one process of the notifier has claimed and not finished.
final class SendQueue {
    static let maxInFlight = 8
    static let perChannel = 3

    var waiting: [Flight] = []
    var inFlight: [ChannelID: Int] = [:]
    var total = 0
    var paces: [ChannelID: PaceKeeper] = [:]
    var idle: [Fiber] = []
}

/// One claim of one delivery on its way through a process, as the ledger of truth sees it.
final class Flight {
    let row: DeliveryRow
    let claimedAt: Timestamp
    let thread: String?
    /// The provider has taken it.
    var hasArrived = false
    /// An injected fault may have kept its outcome from being known or written.
    var isTroubled = false

    init(_ row: DeliveryRow, claimedAt: Timestamp, thread: String?) {
        self.row = row
        self.claimedAt = claimedAt
        self.thread = thread
    }
}

/// ClaimPass, DeliveryWorker, OutcomeRecorder and LeasePass. Decisions: Settlement, RetryPolicy, PaceKeeper, ChannelBreaker, the channels'
/// own rendering and reading of answers. Not modelled: the look-up of a message in doubt (it is sent again without), leases taken over before
/// they run out, channels that are switched off.
struct Sending {
    static let leaseSeconds = 25
    static let leaseMarginSeconds = 5

    let process: Process
    let queue: SendQueue
    let registry: ChannelRegistry
    let publisher: DirectPublisher

    var world: World { process.world }

    static func boot(_ process: Process, _ group: ConsumerGroup, registry: ChannelRegistry) {
        let queue = SendQueue()
        let sending = Sending(process: process, queue: queue, registry: registry, publisher: DirectPublisher(process))
        let claims = process.fiber("claims")
        process.onCrash = {
            for flight in process.world.ledger.flights[process.name] ?? [] { flight.isTroubled = true }
            process.world.ledger.flights[process.name] = []
        }
        _ = Consumer(
            process.fiber("incidents"), group, maxRecords: 20, publisher: sending.publisher,
            handler: PlanHandling(world: process.world, registry: registry) { claims.wake(at: process.world.now) })
        sending.claim(claims, after: 200)
        for index in 0..<3 { sending.idle(process.fiber("sender \(index)")) }
        sending.expireLeases(process.fiber("leases"), after: 1000)
        Relay.start(process.fiber("relay"))
    }

    private func claim(_ fiber: Fiber, after milliseconds: Int) {
        fiber.then(after: milliseconds) {
            let free = SendQueue.maxInFlight - queue.total
            guard free > 0 else { return claim(fiber, after: 500) }
            fiber.query(
                "claim deliveries",
                { transaction in
                    transaction.claim(
                        inFlight: queue.inFlight, perChannel: SendQueue.perChannel, total: free, leaseSeconds: Self.leaseSeconds
                    ).map { Flight($0, claimedAt: process.clock, thread: transaction.store.threads[$0.conversation]) }
                }
            ) { result in
                guard case .success(let flights) = result else { return claim(fiber, after: 300) }
                for flight in flights { admit(flight) }
                claim(fiber, after: flights.isEmpty ? 700 : 5)
            }
        }
    }

    private func admit(_ flight: Flight) {
        queue.waiting.append(flight)
        queue.inFlight[flight.row.key.channel, default: 0] += 1
        queue.total += 1
        world.ledger.flights[process.name, default: []].append(flight)
        queue.idle.popLast()?.wake(at: world.now)
    }

    private func finished(_ flight: Flight, _ fiber: Fiber) {
        queue.inFlight[flight.row.key.channel, default: 0] -= 1
        queue.total -= 1
        world.ledger.flights[process.name]?.removeAll { $0 === flight }
        process.fiber("claims").wake(at: world.now)
        idle(fiber)
    }

    private func idle(_ fiber: Fiber) {
        guard !queue.waiting.isEmpty else {
            queue.idle.append(fiber)
            return fiber.then(after: 2000) {
                queue.idle.removeAll { $0 === fiber }
                idle(fiber)
            }
        }
        let flight = queue.waiting.removeFirst()
        let pace = registry.type(flight.row.type)?.traits.pace ?? Pace(perMinute: 60, burst: 1)
        var keeper = queue.paces[flight.row.key.channel] ?? PaceKeeper(pace)
        let start = keeper.reserve(now: process.clock)
        queue.paces[flight.row.key.channel] = keeper
        fiber.then(after: Int(max(0, start.milliseconds(since: process.clock)))) { mayGo(flight, fiber) }
    }

    /// The lease must reach beyond the answer, whatever the wait took.
    private func mayGo(_ flight: Flight, _ fiber: Fiber) {
        guard let channel = try? registry.channel(type: flight.row.type, config: world.store.channel(flight.row.key.channel)?.config ?? [])
        else {
            return finished(flight, fiber)
        }
        let context = DeliveryContext(
            event: flight.row.event, part: DeliveryPart(number: flight.row.key.part) ?? .main, threadReference: flight.thread,
            consoleURL: nil, deliveryID: flight.row.deliveryID, attemptedAt: process.clock)
        let message = channel.render(context)
        let needed = message.timeoutMilliseconds / 1000 + Self.leaseMarginSeconds
        let left = Double(Self.leaseSeconds) - process.clock.seconds(since: flight.claimedAt)
        if left >= Double(needed) { return send(flight, channel, message, context, fiber) }
        fiber.query(
            "renew lease",
            { transaction -> Bool in
                guard var row = try transaction.claimed(flight.row) else { return false }
                row.leaseUntil = transaction.startedAt.adding(seconds: max(Self.leaseSeconds, needed))
                transaction.writes.deliveries[row.id] = row
                return true
            }
        ) { result in
            switch result {
            case .success(true): send(flight, channel, message, context, fiber)
            case .success(false): finished(flight, fiber)
            case .failure: release(flight, fiber)
            }
        }
    }

    /// Certainly not sent: as if it had never been claimed.
    private func release(_ flight: Flight, _ fiber: Fiber) {
        fiber.query(
            "release",
            { transaction in
                guard var row = try transaction.claimed(flight.row) else { return }
                row.state = .pending
                row.attempts -= 1
                row.leaseUntil = nil
                transaction.writes.deliveries[row.id] = row
            }
        ) { _ in finished(flight, fiber) }
    }

    private func send(_ flight: Flight, _ channel: any Channel, _ message: OutboundMessage, _ context: DeliveryContext, _ fiber: Fiber) {
        fiber.then {
            let reaction = Provider(world: world).take(flight, message)
            fiber.then(after: reaction.milliseconds) {
                let outcome = channel.classify(reaction.answer, to: context)
                world.trace.note("outcome", flight.row.id, 0, outcome.label)
                let doubt = registry.type(flight.row.type)?.traits.doubt ?? .resendOnce
                record(flight, outcome, doubt, until: process.clock.adding(seconds: Self.leaseSeconds), fiber)
            }
        }
    }

    private func settlement(_ row: DeliveryRow, _ outcome: Outcome, _ doubt: ChannelTraits.Doubt) -> Settlement {
        let now = process.clock
        return Settlement(outcome, attempts: row.attempts, resends: row.resends, doubt: doubt, now: now) { attempts, retryAfter in
            RetryPolicy.delivery.nextAttempt(
                after: attempts, now: now, retryAfterSeconds: retryAfter, jitter: world.random.fraction())
        }
    }

    /// Tries until it is written or the lease has run out.
    private func record(_ flight: Flight, _ outcome: Outcome, _ doubt: ChannelTraits.Doubt, until deadline: Timestamp, _ fiber: Fiber) {
        let settled = settlement(flight.row, outcome, doubt)
        attempt(flight, settled, until: deadline, delay: 100, fiber)
    }

    private func attempt(_ flight: Flight, _ settled: Settlement, until deadline: Timestamp, delay: Int, _ fiber: Fiber) {
        var entries: [OutboxEntry] = []
        fiber.transact([
            Statement("finish delivery") { entries = try finish(flight.row, settled, in: $0) }
        ]) { fault in
            if fault == nil { return publisher.publish(entries, on: fiber) { finished(flight, fiber) } }
            flight.isTroubled = true
            guard process.clock < deadline else { return finished(flight, fiber) }
            fiber.then(after: delay) { attempt(flight, settled, until: deadline, delay: min(delay * 2, 5000), fiber) }
        }
    }

    /// - Returns: the fact's row in the outbox; none while the message may still go, or when somebody else has taken it over.
    private func finish(_ claim: DeliveryRow, _ settled: Settlement, in transaction: Transaction) throws -> [OutboxEntry] {
        guard var row = try transaction.claimed(claim) else { return [] }
        row.leaseUntil = nil
        row.reason = settled.refusal?.description
        switch settled.state {
        case .sent(_, let reference):
            row.state = .sent
            if let reference { transaction.writes.threads[row.conversation] = reference }
        case .pending(let at, let isResend):
            row.state = .pending
            row.nextAttemptAt = at
            row.resends += isResend ? 1 : 0
        case .dead: row.state = .dead
        case .inDoubt: row.state = .inDoubt
        }
        if settled.forgetsThread { transaction.writes.threads[row.conversation] = .some(nil) }
        try transaction.apply(settled.channel, to: row.key.channel)
        transaction.writes.deliveries[row.id] = row
        guard !row.state.isUnfinished, let state = NotificationRecord.State(rawValue: row.state.rawValue) else { return [] }
        let record = NotificationRecord(
            deliveryID: row.deliveryID, teamID: row.event.incident.teamID, incidentID: row.key.incident, sequence: row.key.sequence,
            channelID: row.key.channel, channelType: row.type, state: state, attempts: row.attempts, providerID: nil, reason: row.reason,
            at: process.clock)
        return transaction.insertOutbox([LogMessage(record.fact(), serial: -row.id)])
    }

    private func expireLeases(_ fiber: Fiber, after milliseconds: Int) {
        fiber.then(after: milliseconds) {
            guard world.store.unfinished.values.contains(where: { !$0.isEmpty }) else { return expireLeases(fiber, after: 2000) }
            var entries: [OutboxEntry] = []
            var rows: [DeliveryRow] = []
            fiber.transact([
                Statement("expired leases") { rows = $0.expiredLeases(limit: 50) },
                Statement("settle expired") { transaction in
                    entries = []
                    for row in rows {
                        let doubt = registry.type(row.type)?.traits.doubt ?? .resendOnce
                        let outcome: Outcome =
                            world.has(.expiredIsSent)
                            ? .delivered(providerID: nil, threadReference: nil) : .inDoubt(Refusal(.interrupted))
                        entries += try finish(row, settlement(row, outcome, doubt), in: transaction)
                    }
                },
            ]) { fault in
                guard fault == nil, !rows.isEmpty else { return expireLeases(fiber, after: 2000) }
                world.trace.note("leases ran out", rows.count)
                publisher.publish(entries, on: fiber) { expireLeases(fiber, after: 10) }
            }
        }
    }
}
