import Delivery
import Logging
import Metrics
import Models
import Postgres
import ServiceKit

/// Commits what became of an attempt, with its fact, and counts it.
struct OutcomeRecorder: Sendable {
    let runtime: Runtime
    let registry: ChannelRegistry
    private let group: OutcomeGroup

    /// How long an outcome is tried to be written, whatever the lease: while PostgreSQL is away nobody else can take the delivery over.
    static let patienceSeconds = 300
    private static let firstRetryMilliseconds = 100
    private static let longestRetryMilliseconds = 5000

    init(runtime: Runtime, registry: ChannelRegistry) {
        self.runtime = runtime
        self.registry = registry
        group = OutcomeGroup { sent in
            try await Self.commit(sent, runtime)
        } publish: { rows in
            await runtime.outbox.publish(rows)
        }
    }

    /// Tries until it is written, or in vain for long: a message that was sent must not look as if nobody knew. The fence makes a late try
    /// harmless.
    func record(
        _ outcome: Outcome, of delivery: ClaimedDelivery, event: IncidentEvent?, patienceSeconds: Int = OutcomeRecorder.patienceSeconds
    ) async {
        let deadline = ContinuousClock.now.advanced(by: .seconds(patienceSeconds))
        let now = runtime.clock()
        let settlement = settle(outcome, delivery, now: now)
        var delay = Self.firstRetryMilliseconds
        // Tried together with others once; then alone, so that none suffers for another.
        var sent = SentDelivery(delivery, settlement, label: outcome.label)
        while true {
            do {
                // A task of its own: the pool lends nothing to a cancelled one, and what was sent must be written all the same.
                let applied = try await Task { [sent] in
                    if let sent { return Applied(wasOurs: try await group.record(sent)) }
                    return try await commit(settlement, outcome, delivery, now: now)
                }.value
                return count(applied, settlement, outcome, delivery, event)
            } catch {
                sent = nil
                guard ContinuousClock.now < deadline, !Task.isCancelled else {
                    runtime.logger.error(
                        "outcome of a message could not be written", metadata: ["delivery.id": "\(delivery.id)", "error": "\(error)"])
                    return
                }
                // Cancelled: the next try is the last.
                try? await Task.sleep(for: .milliseconds(delay))
                delay = min(delay * 2, Self.longestRetryMilliseconds)
            }
        }
    }

    private func commit(
        _ settlement: Settlement, _ outcome: Outcome, _ delivery: ClaimedDelivery, now: Timestamp
    ) async throws -> Applied {
        let (applied, rows) = try await runtime.pool.withTransaction { connection in
            let (applied, facts) = try await write(settlement, outcome, delivery, now: now, in: connection)
            return (applied, try await Outbox.insert(facts, in: connection))
        }
        CrashPoint.deliveryRecorded.reach()
        await runtime.outbox.publish(rows)
        return applied
    }

    private static func commit(_ sent: [SentDelivery], _ runtime: Runtime) async throws -> OutcomeGroup.Written {
        let written = try await runtime.pool.withTransaction { connection in
            let ours = try await OutcomeStore.finishSent(sent, in: connection)
            let finished = sent.filter { ours.contains($0.delivery.id) }
            try await OutcomeStore.rememberThreads(finished, in: connection)
            let now = runtime.clock()
            return OutcomeGroup.Written(ours: ours, rows: try await Outbox.insert(finished.map { $0.fact(at: now) }, in: connection))
        }
        CrashPoint.deliveryRecorded.reach()
        return written
    }

    /// Gives back a delivery that was certainly not sent, as if it had never been claimed. Where that fails, its lease runs out.
    func release(_ delivery: ClaimedDelivery) async {
        do {
            try await Task { try await LeaseStore.release(delivery, in: runtime.pool) }.value
        } catch {
            runtime.logger.debug("delivery is left to its lease", metadata: ["delivery.id": "\(delivery.id)", "error": "\(error)"])
        }
    }

    /// Leases that ran out: the message may have been sent. Within the transaction that has locked them.
    /// - Returns: the settlement, for counting after the commit, and its facts.
    func settleExpired(_ delivery: ClaimedDelivery, in connection: PostgresConnection) async throws -> (Settlement, [Fact]) {
        let outcome = Outcome.inDoubt(Refusal(.interrupted))
        let now = runtime.clock()
        let settlement = settle(outcome, delivery, now: now)
        return (settlement, try await write(settlement, outcome, delivery, now: now, in: connection).1)
    }

    private func settle(_ outcome: Outcome, _ delivery: ClaimedDelivery, now: Timestamp) -> Settlement {
        let doubt = registry.type(delivery.channelType)?.traits.doubt ?? .resendOnce
        let attempts = delivery.attempts - delivery.attemptsBefore
        return Settlement(outcome, attempts: attempts, resends: delivery.resends, doubt: doubt, now: now) { attempts, retryAfter in
            RetryPolicy.delivery.nextAttempt(
                after: attempts, now: now, retryAfterSeconds: retryAfter, jitter: Double.random(in: 0..<1))
        }
    }

    /// What the transaction did.
    struct Applied: Sendable {
        var wasOurs = false
        var openedBreaker = false
    }

    private func write(
        _ settlement: Settlement, _ outcome: Outcome, _ delivery: ClaimedDelivery, now: Timestamp, in connection: PostgresConnection
    ) async throws -> (Applied, [Fact]) {
        guard try await OutcomeStore.finish(delivery, settlement, label: outcome.label, now: now, in: connection) else {
            return (Applied(), [])
        }
        if case .sent(_, let reference?) = settlement.state {
            try await OutcomeStore.rememberThread(reference, of: delivery, in: connection)
        }
        if settlement.forgetsThread { try await OutcomeStore.forgetThread(of: delivery, in: connection) }
        let openedBreaker = try await ChannelHealthStore.apply(settlement.channel, to: delivery.channelID, now: now, in: connection)
        return (Applied(wasOurs: true, openedBreaker: openedBreaker), fact(settlement, delivery).map { [$0] } ?? [])
    }

    /// nil while the message may still go.
    private func fact(_ settlement: Settlement, _ delivery: ClaimedDelivery) -> Fact? {
        let reason = settlement.refusal?.description
        let row: LedgerRow? =
            switch settlement.state {
            case .sent(let id, _): LedgerRow(delivery, state: .sent, providerID: id, reason: nil)
            case .dead: LedgerRow(delivery, state: .dead, providerID: nil, reason: reason)
            case .inDoubt: LedgerRow(delivery, state: .inDoubt, providerID: nil, reason: reason)
            case .pending: nil
            }
        return row?.fact(at: runtime.clock())
    }
}
