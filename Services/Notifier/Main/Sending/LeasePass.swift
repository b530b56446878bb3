import Delivery
import Logging
import Models
import ServiceKit

/// One pass over what nobody finishes any more: deliveries whose process has ended or whose lease ran out, and those of channels that were
/// switched off.
struct LeasePass: Sendable {
    private static let maxRows = 200

    let runtime: Runtime
    let outcomes: OutcomeRecorder
    let queue: DeliveryQueue
    let owner: LeaseOwner
    let wakeup: Wakeup
    /// After a start of PostgreSQL; longer than the longest pause between two tries to write an outcome.
    var restartGraceSeconds = 10

    /// - Returns: rows handled.
    func run() async throws -> Int {
        let takeover = LeaseStore.Takeover(
            limit: Self.maxRows, endedOwners: try await endedOwners(), held: queue.held,
            heldPatienceSeconds: OutcomeRecorder.patienceSeconds, restartGraceSeconds: restartGraceSeconds)
        let expired = try await runtime.transaction { connection in
            var settled: [(ClaimedDelivery, Settlement)] = []
            var facts: [Fact] = []
            for delivery in try await LeaseStore.expired(takeover, in: connection) {
                let (settlement, itsFacts) = try await outcomes.settleExpired(delivery, in: connection)
                settled.append((delivery, settlement))
                facts += itsFacts
            }
            return (settled, facts)
        }
        for (delivery, settlement) in expired {
            runtime.logger.warning(
                "message may have been sent: its process is gone",
                metadata: ["delivery.id": "\(delivery.id)", "channel.type": "\(delivery.channelType)"])
            outcomes.count(OutcomeRecorder.Applied(wasOurs: true), settlement, .inDoubt(Refusal(.interrupted)), delivery, nil)
        }
        let suppressed = try await runtime.transaction { connection in
            let rows = try await LeaseStore.suppressDisabled(limit: Self.maxRows, in: connection)
            return (rows.count, rows.map { $0.fact(at: runtime.clock()) })
        }
        if !expired.isEmpty {
            queue.announce(.everywhere)
            wakeup.wake()
        }
        return expired.count + suppressed
    }

    /// Owners of leases whose process is known to have ended: theirs need not run out.
    private func endedOwners() async throws -> [String] {
        try await LeaseStore.owners(in: runtime.pool).filter { text in
            LeaseOwner(text)?.hasEnded(seenFrom: owner, process: LeaseOwner.process) ?? false
        }
    }
}
