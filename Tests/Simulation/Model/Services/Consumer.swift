import Kafka
import Models
import ServiceKit

/// The records of a batch, what their handling makes true, and what could not be read.
final class Batch {
    var records: [(partition: Int, record: LogRecord)]
    var unfit: [(partition: Int, record: LogRecord)] = []
    var facts: [Fact] = []
    /// The outbox rows of the facts, once they are written.
    var entries: [OutboxEntry] = []
    /// The last COMMIT may have happened.
    var mustVerify = false

    init(_ records: [(partition: Int, record: LogRecord)]) { self.records = records }

    var nextOffsets: [Int: Int64] {
        var next: [Int: Int64] = [:]
        for (partition, record) in records + unfit { next[partition] = max(next[partition] ?? 0, record.offset + 1) }
        return next
    }
}

/// What a service does with its records: statements within the batch's transaction.
protocol Handler {
    /// - Returns: the statements, and what to do about a unique violation.
    func statements(_ batch: Batch, now: Timestamp) -> (statements: [Statement], retry: Retry?)
    func committed(_ batch: Batch)
}

/// The shell of BatchWorker and BatchProcessor, a step an effect: join, load the positions, read, handle in one transaction with the
/// compare-and-set of the offsets, publish. The decisions are the real ones: `OffsetAdvance.compare`, `Backoff`.
final class Consumer {
    private static let clusterID = "simulated"

    private let fiber: Fiber
    private let group: ConsumerGroup
    private let handler: any Handler
    private let publisher: DirectPublisher
    private let maxRecords: Int
    private var member = 0
    private var generation = -1
    private var assigned: [Int] = []
    private var stored: [Int: StoredOffset] = [:]
    private var next: [Int: Int64] = [:]
    private var backoff = Backoff()

    private var world: World { fiber.process.world }

    init(_ fiber: Fiber, _ group: ConsumerGroup, maxRecords: Int, publisher: DirectPublisher, handler: any Handler) {
        self.fiber = fiber
        self.group = group
        self.maxRecords = maxRecords
        self.publisher = publisher
        self.handler = handler
        fiber.then { [self] in join() }
    }

    private func join() {
        guard !world.broker.isAway else { return fiber.then(after: 500) { [self] in join() } }
        member = group.join(world.now, &world.random)
        world.trace.note("joins", member)
        poll()
    }

    /// A sign of life; then records, or the positions of a new assignment.
    private func poll() {
        fiber.then { [self] in
            guard !world.broker.isAway else { return fiber.then(after: 300) { [self] in poll() } }
            guard let mine = group.heartbeat(member, world.now, &world.random) else { return join() }
            guard generation == group.generation else { return load(mine, group.generation) }
            read()
        }
    }

    private func load(_ partitions: [Int], _ newGeneration: Int) {
        fiber.query("load positions", { [self] _ in storedOffsets(partitions) }) { [self] result in
            guard case .success(let found) = result else { return wait { [self] in poll() } }
            generation = newGeneration
            assigned = partitions
            stored = found
            next = found.mapValues(\.next)
            poll()
        }
    }

    private func storedOffsets(_ partitions: [Int]) -> [Int: StoredOffset] {
        var found: [Int: StoredOffset] = [:]
        for partition in partitions { found[partition] = world.store.offsets[key(partition)] }
        return found
    }

    private func key(_ partition: Int) -> OffsetKey { OffsetKey(group: group.name, topic: group.topic, partition: partition) }

    private func read() {
        var records: [(partition: Int, record: LogRecord)] = []
        for partition in assigned {
            let found = world.broker.read(group.topic, partition, from: next[partition] ?? 0, limit: maxRecords - records.count)
            records += found.map { (partition, $0) }
            if let last = found.last { next[partition] = last.offset + 1 }
        }
        world.trace.note("reads", records.count)
        if !records.isEmpty, world.strikes(.rebalance, 20) { group.rebalance(&world.random) }
        guard !records.isEmpty else {
            world.broker.sleep(fiber, on: group.topic)
            return fiber.then(after: 1000) { [self] in poll() }
        }
        process(Batch(records))
    }

    private func process(_ batch: Batch) {
        let advance = step(batch)
        if batch.mustVerify { return verify(batch, advance) }
        run(batch, advance)
    }

    private func step(_ batch: Batch) -> OffsetAdvance {
        let steps = batch.nextOffsets.sorted { $0.key < $1.key }.map {
            OffsetAdvance.Step(
                partition: TopicPartition(topic: group.topic.topic.name, partition: Int32($0.key)), expected: stored[$0.key], next: $0.value
            )
        }
        return OffsetAdvance(group: group.name, owner: fiber.process.name, clusterID: Self.clusterID, steps: steps)
    }

    private func run(_ batch: Batch, _ advance: OffsetAdvance) {
        let handled = handler.statements(batch, now: fiber.process.clock)
        let offsets = Statement("advance offsets") { [self] in try $0.advance(advance, group: group.name, topic: group.topic) }
        let finish = Statement("insert outbox") { [self] transaction in
            for (partition, record) in batch.unfit {
                transaction.writes.deadLetters.insert(Store.DeadLetterKey(key: key(partition), offset: record.offset))
            }
            batch.entries = transaction.insertOutbox(batch.facts.map { LogMessage($0) })
        }
        if world.has(.offsetFirst) {
            return fiber.transact([offsets]) { [self] fault in
                guard fault == nil else { return failed(fault, batch, advance) }
                stored.merge(moved(advance)) { $1 }
                fiber.transact(handled.statements + [finish], retry: handled.retry) { [self] fault in
                    fault == nil ? finished(batch, advance, batch.entries) : abandon()
                }
            }
        }
        fiber.transact([offsets] + handled.statements + [finish], retry: handled.retry?.after(1)) { [self] fault in
            fault == nil ? finished(batch, advance, batch.entries) : failed(fault, batch, advance)
        }
    }

    private func verify(_ batch: Batch, _ advance: OffsetAdvance) {
        fiber.query("verify offsets", { [self] _ in storedOffsets(advance.steps.map { Int($0.partition.partition) }) }) { [self] result in
            guard case .success(let found) = result else { return wait { [self] in process(batch) } }
            let rows = found.map { (TopicPartition(topic: group.topic.topic.name, partition: Int32($0.key)), $0.value) }
            switch advance.compare(Dictionary(uniqueKeysWithValues: rows)) {
            // The rows it left in the outbox are the relay's now.
            case .done: finished(batch, advance, [])
            case .notDone: run(batch, advance)
            case .fenced: fenced()
            }
        }
    }

    private func failed(_ fault: StoreFault?, _ batch: Batch, _ advance: OffsetAdvance) {
        batch.facts = []
        switch fault {
        case .fenced: fenced()
        case .poison(let index):
            batch.unfit.append(batch.records.remove(at: index))
            batch.mustVerify = false
            fiber.then { [self] in process(batch) }
        case .commitUnknown:
            batch.mustVerify = true
            wait { [self] in process(batch) }
        case .deadlock:
            world.trace.note("deadlock")
            wait { [self] in process(batch) }
        default: wait { [self] in process(batch) }
        }
    }

    private func moved(_ advance: OffsetAdvance) -> [Int: StoredOffset] {
        Dictionary(
            uniqueKeysWithValues: advance.steps.map {
                (Int($0.partition.partition), StoredOffset(clusterID: advance.clusterID, next: $0.next))
            })
    }

    private func finished(_ batch: Batch, _ advance: OffsetAdvance, _ entries: [OutboxEntry]) {
        backoff.succeeded()
        stored.merge(moved(advance)) { $1 }
        publisher.publish(entries, on: fiber) { [self] in
            if !batch.records.isEmpty { handler.committed(batch) }
            poll()
        }
    }

    private func fenced() {
        world.ledger.fenced += 1
        abandon()
    }

    /// Forgets the positions, as after a new assignment.
    private func abandon() {
        generation = -1
        poll()
    }

    /// Keeps the membership alive, and gives the batch up when the partitions have moved.
    private func wait(_ goOn: @escaping () -> Void) {
        fiber.then(after: backoff.failed(jitter: world.random.fraction())) { [self] in
            guard !world.broker.isAway else { return goOn() }
            guard group.heartbeat(member, world.now, &world.random) != nil else { return join() }
            guard generation == group.generation || generation == -1 else { return abandon() }
            goOn()
        }
    }
}
