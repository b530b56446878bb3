import Delivery
import Models
import Postgres
import ServiceKit

/// One pass over the due deliveries: claims as many as there are free places and hands them to the senders.
struct ClaimPass: Sendable {
    let runtime: Runtime
    let config: NotifierConfig
    let queue: DeliveryQueue
    let owner: LeaseOwner

    /// - Returns: how many were claimed.
    func run() async throws -> Int {
        let load = queue.load
        guard load.free > 0 else { return 0 }
        let limits = LeaseStore.Limits(
            inFlight: load.inFlight, perChannel: config.maxInFlightPerChannel, total: load.free, owner: owner.description,
            leaseSeconds: config.leaseSeconds)
        let claimed = try await LeaseStore.claim(limits, in: runtime.pool)
        queue.admit(claimed)
        return claimed.count
    }
}
