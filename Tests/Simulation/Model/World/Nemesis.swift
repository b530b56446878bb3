import Models
import ServiceKit

/// Makes trouble: every now and then something goes away, stops, jumps or moves.
struct Nemesis {
    let fiber: Fiber
    let groups: [ConsumerGroup]
    let network: Network

    private var world: World { fiber.process.world }

    func lurk() {
        fiber.then(after: world.random.within(200...6000)) {
            guard !world.isHealing, world.options.injectsFaults else { return }
            strike()
            lurk()
        }
    }

    private func strike() {
        switch world.random.below(11) {
        case 0: awayBroker()
        case 1: awayStore()
        case 2, 3: pause()
        case 4: jump()
        case 5, 6: rebalance()
        case 7: trim()
        case 8, 9: suspend()
        default: poison()
        }
    }

    private func awayBroker() {
        world.count(.brokerAway)
        world.brokerAwayUntil = world.now.adding(milliseconds: Int64(world.random.within(500...15_000)))
    }

    private func awayStore() {
        world.count(.storeAway)
        world.storeAwayUntil = world.now.adding(milliseconds: Int64(world.random.within(300...12_000)))
        for fiber in world.fibers { fiber.transaction?.lose() }
    }

    private var victim: Process? {
        let candidates = world.processes.filter { $0.mayCrash && $0.isUp }
        return candidates.isEmpty ? nil : world.random.pick(candidates)
    }

    private func pause() {
        guard let victim else { return }
        world.count(.pause)
        world.pause(victim)
    }

    /// Not while a request is on its way: after five minutes a firing says something else than before.
    private func suspend() {
        guard network.isIdle else { return }
        world.count(.suspension)
        for process in world.processes { world.trouble(process) }
        world.leap(to: world.now.adding(seconds: world.random.within(20...700)))
    }

    private func jump() {
        guard let victim else { return }
        world.count(.clockJump)
        victim.skewMilliseconds = victim.skewMilliseconds == 0 ? Int64(world.random.within(-45_000...45_000)) : 0
        world.trouble(victim)
    }

    private func rebalance() {
        world.count(.rebalance)
        world.random.pick(groups).rebalance(&world.random)
    }

    /// The head of one partition goes, as far as every group has handled it.
    private func trim() {
        let topic = world.random.pick(LogTopic.allCases)
        let readers = groups.filter { $0.topic == topic }
        guard !readers.isEmpty else { return }
        let partition = world.random.below(topic.partitions)
        let positions = readers.map { world.store.offsets[OffsetKey(group: $0.name, topic: topic, partition: partition)]?.next ?? 0 }
        guard let handled = positions.min(), handled > 0 else { return }
        world.count(.trim)
        world.broker.trim(topic, partition, to: handled)
    }

    private func poison() {
        guard !world.broker.isAway else { return }
        world.count(.poison)
        let topic: LogTopic = world.random.chance(700) ? .signals : .incidents
        let partition = world.random.below(topic.partitions)
        let value = Array("{\"teamId\":\(world.random.below(1000))".utf8)
        world.broker.append(value, serial: 0, to: topic, partition)
        let readers = groups.filter { $0.topic == topic }
        world.ledger.poison += readers.count
    }
}
