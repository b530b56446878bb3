import Models
import Postgres

/// A lease as its holder sees it: how much of it is certainly left. Counts from before the claim was asked for, by a clock that also runs
/// while the process or the machine is stopped, so that a holder who slept, or whose wall clock was set, asks the database again.
struct HeldLease: Sendable {
    /// What must be left beyond the longest time that a request may take.
    static let marginSeconds = 5

    let delivery: ClaimedDelivery
    let leaseSeconds: Int
    let pool: PostgresPool
    private var heldSince: ContinuousClock.Instant
    private var seconds: Int

    init(_ delivery: ClaimedDelivery, leaseSeconds: Int, pool: PostgresPool) {
        self.delivery = delivery
        self.leaseSeconds = leaseSeconds
        self.pool = pool
        heldSince = delivery.claimedAt
        seconds = leaseSeconds
    }

    /// Makes sure that the delivery is ours for a request that takes so long at most, extending the lease where little is left.
    /// - Returns: false when somebody else has taken it over: nothing may be sent any more.
    mutating func covers(milliseconds: Int) async throws -> Bool {
        let needed = milliseconds / 1000 + Self.marginSeconds
        if ContinuousClock.now - heldSince <= .seconds(seconds - needed) { return true }
        let asked = ContinuousClock.now
        let renewed = max(leaseSeconds, needed)
        guard try await LeaseStore.renew(delivery, seconds: renewed, in: pool) else { return false }
        heldSince = asked
        seconds = renewed
        return true
    }
}
