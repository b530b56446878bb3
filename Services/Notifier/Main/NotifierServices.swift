import Delivery
import Models
import Outbound
import ServiceKit
import ServiceLifecycle

/// The parts of the service, in the order of starting; they stop the other way round: nothing is planned any more, then nothing is claimed,
/// then what is on its way arrives.
enum NotifierServices {
    private static let leaseCheckMilliseconds = 2000
    private static let gaugeMilliseconds = 5000

    static func build(_ runtime: Runtime, _ config: NotifierConfig) throws -> [any Service] {
        let registry = try ChannelRegistry()
        let policy = AddressPolicy(allowPrivateAddresses: config.allowPrivateAddresses)
        let sender = ChannelSender(policy: policy, maxInFlight: config.maxInFlight, logger: runtime.logger)
        let owner = LeaseOwner.current(name: runtime.common.instanceID)
        let wakeup = Wakeup()
        let outcomes = OutcomeRecorder(runtime: runtime, registry: registry)
        let queue = DeliveryQueue(maxInFlight: config.maxInFlight)
        let worker = DeliveryWorker(runtime: runtime, config: config, registry: registry, sender: sender, outcomes: outcomes)
        let claims = ClaimPass(runtime: runtime, config: config, queue: queue, owner: owner)
        let leases = LeasePass(runtime: runtime, outcomes: outcomes, queue: queue, owner: owner, wakeup: wakeup)
        let gauges = LedgerGauges(runtime: runtime, queue: queue)
        return [
            DeliveryService(queue: queue, worker: worker, wakeup: wakeup),
            DueRowLoop(name: "deliveries", runtime: runtime, wakeup: wakeup) { _ in try await claims.run() },
            DueRowLoop(name: "delivery leases", runtime: runtime, idleMilliseconds: leaseCheckMilliseconds) { _ in try await leases.run() },
            DueRowLoop(name: "ledger gauges", runtime: runtime, idleMilliseconds: gaugeMilliseconds) { _ in
                try await gauges.refresh()
                return 0
            },
            BatchWorker(
                runtime: runtime, group: IncidentHandler.group, topics: [.incidents], maxRecords: config.batchRecords,
                // Takes what is there: batches grow by themselves while the one before is handled.
                maxWaitMilliseconds: 0,
                handler: IncidentHandler(registry: registry) { channels in
                    queue.announce(.channels(channels))
                    wakeup.wake()
                }),
        ]
    }
}
