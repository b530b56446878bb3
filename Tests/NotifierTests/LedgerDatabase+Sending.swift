import Delivery
import Models
import Outbound
import Postgres

@testable import notifier

extension LedgerDatabase {
    /// A worker with this database, and settings beside the standard ones.
    func worker(_ environment: [String: String] = [:], allowsPrivateAddresses: Bool = true) -> DeliveryWorker {
        let policy = AddressPolicy(allowPrivateAddresses: allowsPrivateAddresses)
        return DeliveryWorker(
            runtime: runtime, config: config(environment), registry: registry,
            sender: ChannelSender(policy: policy, maxInFlight: 8, logger: Self.quiet), outcomes: outcomes)
    }

    /// One attempt for everything that may go, one after the other.
    func sendDue(_ worker: DeliveryWorker) async throws {
        let queue = DeliveryQueue(maxInFlight: 64)
        for delivery in try await claim() { await worker.carryOut(delivery, queue) }
    }
}
