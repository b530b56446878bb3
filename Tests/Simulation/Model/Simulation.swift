import Delivery
import Grouping
import Models
import ServiceKit

/// One run: builds the world, lets it live with faults, heals it, waits until everything has come to rest, and says whether every promise
/// was kept.
package final class Simulation {
    private let world: World
    private var groups: [ConsumerGroup] = []
    private var senders: [Sender] = []
    private var spools: [Gateway.Spool] = []
    private var network: Network?

    package init(_ options: Options) { world = World(options) }

    package func run() -> RunResult {
        build()
        while world.steps < world.options.steps, world.violation == nil { world.step() }
        let safetySteps = world.steps
        if world.violation == nil { heal() }
        defer { world.end() }
        return RunResult(world, safetySteps: safetySteps)
    }

    private func build() {
        guard let registry = try? ChannelRegistry() else { return world.violate("set-up", "no channel registry") }
        let signals = ConsumerGroup(Grouper.service, .signals)
        let commands = ConsumerGroup("\(Grouper.service)-commands", .commands)
        let planning = ConsumerGroup(PlanHandling.group, .incidents)
        let measuring = ConsumerGroup(MeasureHandling.group, .incidents)
        groups = [signals, commands, planning, measuring]
        let outside = world.newProcess("outside") { _ in }
        let network = Network(outside.fiber("network"))
        self.network = network
        for index in 0..<2 { startGateway(index, network) }
        for index in 0..<3 { _ = world.newProcess("grouper \(index)") { Grouper.boot($0, signals: signals, commands: commands) } }
        for index in 0..<2 { _ = world.newProcess("notifier \(index)") { Sending.boot($0, planning, registry: registry) } }
        for index in 0..<2 { _ = world.newProcess("aggregator \(index)") { MeasureHandling.boot($0, measuring) } }
        _ = world.newProcess("console") { process in
            for index in 0..<2 {
                let fiber = process.fiber("person \(index)")
                Person(fiber: fiber, console: Console(fiber: fiber, publisher: DirectPublisher(process))).look()
            }
            Relay.start(process.fiber("relay"))
        }
        for (index, team) in world.teams.enumerated() {
            for number in 0..<3 {
                senders.append(
                    Sender(
                        outside.fiber("sender \(index).\(number)"), team: team, service: ["checkout", "checkout", "cart"][number],
                        job: "job\(number)", alerts: 2 + number, isPrometheus: number == 2, network: network))
            }
        }
        Nemesis(fiber: outside.fiber("nemesis"), groups: groups, network: network).lurk()
    }

    private func startGateway(_ index: Int, _ network: Network) {
        let spool = Gateway.Spool()
        spools.append(spool)
        network.gateways.append(nil)
        let process = world.newProcess("gateway \(index)") { network.gateways[index] = Gateway($0, disk: spool) }
        process.onCrash = { network.gateways[index] = nil }
    }

    /// Phase two: whatever was begun must come to its end within a bounded number of steps.
    private func heal() {
        world.heal()
        let limit = world.steps + world.options.maxHealSteps
        while world.violation == nil {
            for _ in 0..<200 where world.violation == nil { world.step() }
            guard isQuiet else {
                if world.steps > limit { world.violate("liveness", "not at rest after \(world.options.maxHealSteps) steps: \(unrest)") }
                continue
            }
            guard let next = nextDue else { return world.checkAtRest(groups: groups) }
            // Nothing to do but to wait: for a retry, a hold, an expiry.
            world.leap(to: next)
            if world.steps > limit { world.violate("liveness", "work that never ends: \(unrest)") }
        }
    }

    private var isQuiet: Bool { unrest.isEmpty }

    /// What is not at rest, in words.
    private var unrest: String {
        var words: [String] = []
        if !senders.allSatisfy(\.isDone) { words.append("senders") }
        if !(network?.isIdle ?? true) || world.broker.hasLate { words.append("network") }
        if !world.store.outbox.isEmpty { words.append("outbox \(world.store.outbox.count)") }
        for group in groups {
            for partition in 0..<group.topic.partitions {
                let next = world.store.offsets[OffsetKey(group: group.name, topic: group.topic, partition: partition)]?.next ?? 0
                let end = world.broker.end(group.topic, partition)
                if next != end { words.append("\(group.name) \(partition): \(next) of \(end)") }
            }
        }
        if world.ledger.flights.values.contains(where: { !$0.isEmpty }) { words.append("messages on their way") }
        return words.joined(separator: ", ")
    }

    /// When something that waits falls due; nil: nothing waits.
    private var nextDue: Timestamp? {
        var times: [Timestamp] = []
        for channel in world.store.channels {
            for id in world.store.unfinished[channel.id] ?? [] {
                guard let row = world.store.deliveries[id] else { continue }
                let pending = max(row.nextAttemptAt, channel.pausedUntil ?? row.nextAttemptAt)
                times.append(row.state == .sending ? row.leaseUntil ?? world.now : pending)
            }
        }
        times += world.store.holding.compactMap { world.store.incidents[$0]?.resolveDueAt }
        times += world.store.expiring.compactMap { world.store.alerts[$0]?.expiresAt }
        return times.min()
    }
}
