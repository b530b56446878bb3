import Delivery
import Models
import Postgres
import ServiceKit
import Synchronization

/// One pass over the due deliveries: claims as many as there are free places and hands them to the senders. Looks where something was
/// announced, and now and then everywhere: for what became due with time, and for what others planned or left behind.
struct ClaimPass: Sendable {
    /// Between two looks everywhere.
    static let sweepMilliseconds = 500
    /// Between the beginnings of two passes, so that under load a pass, which is a commit, claims several messages.
    static let spacing = Duration.milliseconds(2)

    let runtime: Runtime
    let config: NotifierConfig
    let queue: DeliveryQueue
    let owner: LeaseOwner
    private let lastSweep = LastTime()
    private let lastPass = LastTime()

    init(runtime: Runtime, config: NotifierConfig, queue: DeliveryQueue, owner: LeaseOwner) {
        self.runtime = runtime
        self.config = config
        self.queue = queue
        self.owner = owner
    }

    /// - Returns: how many were claimed.
    func run() async throws -> Int {
        let wait = lastPass.wait(spacing: Self.spacing)
        if wait > .zero { try await Task.sleep(for: wait) }
        let load = queue.load
        guard load.free > 0, let scope = scope() else { return 0 }
        let limits = LeaseStore.Limits(
            inFlight: load.inFlight, perChannel: config.maxInFlightPerChannel, total: load.free, owner: owner.description,
            leaseSeconds: config.leaseSeconds)
        let claimed: [ClaimedDelivery]
        do { claimed = try await LeaseStore.claim(limits, in: scope, runtime.pool) } catch {
            queue.announce(scope)
            throw error
        }
        // All places taken: there may be more.
        if claimed.count >= load.free { queue.announce(scope) }
        queue.admit(claimed)
        return claimed.count
    }

    private func scope() -> ClaimScope? { lastSweep.isOver(milliseconds: Self.sweepMilliseconds) ? .everywhere : queue.takeNews() }
}

/// When something was done last.
private final class LastTime: Sendable {
    private let at = Mutex<ContinuousClock.Instant?>(nil)

    /// Whether so much time has passed; then it begins anew.
    func isOver(milliseconds: Int) -> Bool {
        at.withLock { at in
            let now = ContinuousClock.now
            if let last = at, now - last < .milliseconds(milliseconds) { return false }
            at = now
            return true
        }
    }

    /// How long to wait so that this time is so far from the last one; counts as done then.
    func wait(spacing: Duration) -> Duration {
        at.withLock { at in
            let now = ContinuousClock.now
            let next = max(now, at.map { $0.advanced(by: spacing) } ?? now)
            at = next
            return next - now
        }
    }
}
