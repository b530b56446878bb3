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

    private static let firstRetryMilliseconds = 100
    private static let longestRetryMilliseconds = 5000

    /// Tries until it is written or the lease has run out: a message that was sent must not look as if nobody knew. The fence makes a late
    /// try harmless.
    func record(_ outcome: Outcome, of delivery: ClaimedDelivery, doubt: ChannelTraits.Doubt, event: IncidentEvent?, leaseSeconds: Int)
        async
    {
        let deadline = runtime.clock().adding(seconds: leaseSeconds)
        let settlement = settle(outcome, delivery, doubt)
        var delay = Self.firstRetryMilliseconds
        while true {
            do {
                // A task of its own: the pool lends nothing to a cancelled one, and what was sent must be written all the same.
                let applied = try await Task {
                    try await runtime.transaction { connection in try await write(settlement, outcome, delivery, in: connection) }
                }.value
                return count(applied, settlement, outcome, delivery, event)
            } catch {
                guard runtime.clock() < deadline, !Task.isCancelled else {
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
        let doubt = registry.type(delivery.channelType)?.traits.doubt ?? .resendOnce
        let settlement = settle(outcome, delivery, doubt)
        return (settlement, try await write(settlement, outcome, delivery, in: connection).1)
    }

    private func settle(_ outcome: Outcome, _ delivery: ClaimedDelivery, _ doubt: ChannelTraits.Doubt) -> Settlement {
        let now = runtime.clock()
        return Settlement(outcome, attempts: delivery.attempts, resends: delivery.resends, doubt: doubt, now: now) { attempts, retryAfter in
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
        _ settlement: Settlement, _ outcome: Outcome, _ delivery: ClaimedDelivery, in connection: PostgresConnection
    ) async throws -> (Applied, [Fact]) {
        guard try await OutcomeStore.finish(delivery, settlement, label: outcome.label, in: connection) else { return (Applied(), []) }
        if case .sent(_, let reference?) = settlement.state {
            try await OutcomeStore.rememberThread(reference, of: delivery, in: connection)
        }
        if settlement.forgetsThread { try await OutcomeStore.forgetThread(of: delivery, in: connection) }
        let openedBreaker = try await ChannelHealthStore.apply(settlement.channel, to: delivery.channelID, in: connection)
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
