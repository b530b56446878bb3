import Kafka
import Logging
import Metrics
import Models
import ServiceLifecycle

/// Takes one batch to its end: committed, fenced off, or given up because the partitions have moved or we are told to stop.
///
/// Steps of each part: compare-and-set of the offsets, handler, outbox and dead letters in one transaction; then publish the outbox
/// rows and tell the handler. While the surroundings fail, the batch is kept and the consumer held. A part that fails by itself is
/// tried twice, then halved until the record at fault stands alone and is put aside. A record that ends the whole process is found by
/// attempts that are counted before they begin: see `Attempts`.
struct BatchProcessor {
    private static let attemptsPerDefect = 2
    private static let deathReason = "the process died \(Attempts.alone) times while it handled this record alone"
    /// Records put aside without the handler naming them: a burst of these means that our code is at fault, not the records.
    private static let defectBurst = 100.0
    private static let defectsPerSecond = 0.1

    private let runtime: Runtime
    private let group: String
    private let handler: any BatchHandler
    private let consumer: Consumer
    private let positions: ConsumerPositions
    private let metrics: WorkerMetrics
    private let health: WorkerHealth
    private let transaction: BatchTransaction
    private let deadLetters: DeadLetterPublisher
    private var backoff = Backoff()
    private var defectBudget: TokenBucket
    /// Next offsets not yet shown to Kafka.
    private var committed: [TopicPartition: Int64] = [:]

    init(
        runtime: Runtime, group: String, handler: any BatchHandler, consumer: Consumer, positions: ConsumerPositions,
        metrics: WorkerMetrics, health: WorkerHealth
    ) {
        self.runtime = runtime
        self.group = group
        self.handler = handler
        self.consumer = consumer
        self.positions = positions
        self.metrics = metrics
        self.health = health
        transaction = BatchTransaction(pool: runtime.pool, group: group, handler: handler, clock: runtime.clock)
        deadLetters = DeadLetterPublisher(runtime: runtime, group: group)
        defectBudget = TokenBucket(capacity: Self.defectBurst, perSecond: Self.defectsPerSecond, now: runtime.clock())
    }

    mutating func takeCommitted() -> [TopicPartition: Int64] {
        defer { committed = [:] }
        return committed
    }

    /// Handles the portions one after the other, each a transaction of its own where all goes well.
    mutating func process(_ portions: [[IncomingRecord]], generation: Int) async {
        for records in portions {
            guard await process(records, generation) else { return }
        }
    }

    /// - Returns: false when the rest of the batch is over, too.
    private mutating func process(_ records: [IncomingRecord], _ generation: Int) async -> Bool {
        let start = ContinuousClock.now
        var isOver = false
        metrics.batchRecords.record(records.count)
        var parts = positions.parts(of: records)
        tellSuspects(parts.count { $0.isAlone })
        while let work = parts.first {
            guard consumer.isCurrent(generation) else {
                metrics.abandoned.increment()
                isOver = true
                break
            }
            guard let rest = await step(work) else {
                isOver = true
                break
            }
            parts.replaceSubrange(0..<1, with: rest)
        }
        recovered()
        metrics.batchSeconds.record(duration: start.duration(to: .now))
        return !isOver
    }

    private func tellSuspects(_ count: Int) {
        guard count > 0 else { return }
        runtime.logger.warning(
            "processes died at these records: they are handled one by one",
            metadata: ["kafka.group": "\(group)", "batch.records": "\(count)"])
    }

    /// One attempt at one part.
    /// - Returns: what is left of the part: nothing, itself, or its halves; nil when the whole batch is over.
    private mutating func step(_ work: BatchWork) async -> [BatchWork]? {
        switch positions.verdict(work) {
        case .begin: return await conclude(work, await attempt(work))
        case .putAside:
            var work = work
            positions.putAside(work)
            work.putAside(0, reason: Self.deathReason)
            return [work]
        case .count(let counts):
            if let failure = await begin(work, counts) { return await conclude(work, .failed(failure)) }
            let outcome = await attempt(work)
            if work.isAlone, case .failed = outcome { await positions.outlived(work, counts: counts) }
            return await conclude(work, outcome)
        }
    }

    /// Stores that the attempt begins, so that the next life knows of it should this one end.
    private func begin(_ work: BatchWork, _ counts: [TopicPartition: Int]) async -> BatchFailure? {
        if work.isAlone { metrics.alone.increment() }
        do {
            return try await positions.begin(work, counts: counts) ? nil : .fenced
        } catch {
            // Whatever it is, no record is to blame for it.
            return .surroundings(cause: "attempt", detail: "\(error)")
        }
    }

    private mutating func conclude(_ work: BatchWork, _ outcome: BatchTransaction.Outcome) async -> [BatchWork]? {
        switch outcome {
        case .committed(let rows):
            await finish(work, rows)
            return []
        case .failed(.fenced):
            metrics.fenced.increment()
            runtime.logger.notice("fenced off by another process", metadata: ["kafka.group": "\(group)"])
            await consumer.restart()
            return nil
        case .failed(.poison(let index, let reason)) where work.records.indices.contains(index):
            var work = work
            work.putAside(index, reason: reason)
            return [work]
        case .failed(.poison(_, let reason)):
            return await narrow(work, reason: reason, detail: "unfit record without a position")
        case .failed(.defect(let reason, let detail)):
            return await narrow(work, reason: reason, detail: detail)
        case .failed(.commitUnknown):
            var work = work
            work.mustVerify = true
            return await wait(cause: "commit_unknown", detail: "") ? [work] : nil
        case .failed(.surroundings(let cause, let detail)):
            return await wait(cause: cause, detail: detail) ? [work] : nil
        }
    }

    private func attempt(_ work: BatchWork) async -> BatchTransaction.Outcome {
        let advance = positions.advance(to: work.nextOffsets)
        guard work.mustVerify else { return await transaction.run(work, advance) }
        do {
            switch try await positions.verify(advance) {
            // The rows it left in the outbox are the relay's now.
            case .done: return .committed([])
            case .notDone: return await transaction.run(work, advance)
            case .fenced: return .failed(.fenced)
            }
        } catch {
            return .failed(.surroundings(cause: "verify", detail: "\(error)"))
        }
    }

    private mutating func finish(_ work: BatchWork, _ rows: [OutboxRow]) async {
        CrashPoint.batchCommitted.reach()
        recovered()
        positions.committed(positions.advance(to: work.nextOffsets))
        committed.merge(work.nextOffsets, uniquingKeysWith: max)
        metrics.done(work)
        await runtime.outbox.publish(rows)
        await deadLetters.publish(work.unfit)
        if !work.records.isEmpty { await handler.committed(work.records) }
    }

    /// After a second failure: halves the part, or puts its only record aside.
    private mutating func narrow(_ work: BatchWork, reason: String, detail: String) async -> [BatchWork]? {
        var work = work
        work.countDefect()
        guard work.defects >= Self.attemptsPerDefect else { return await wait(cause: "defect", detail: detail) ? [work] : nil }
        if work.records.count > 1 { return work.halves() }
        guard !work.records.isEmpty, defectBudget.take(now: runtime.clock()) else {
            return await wait(cause: "too_many_unfit", detail: detail) ? [work] : nil
        }
        work.putAside(0, reason: reason)
        return [work]
    }

    /// Keeps the membership alive for the next step of the backoff.
    /// - Returns: false when told to stop.
    private mutating func wait(cause: String, detail: String) async -> Bool {
        metrics.retry(cause: cause)
        health.trouble(cause)
        if backoff.failures == 0 {
            runtime.logger.warning(
                "batch failed, trying again", metadata: ["kafka.group": "\(group)", "batch.cause": "\(cause)", "error": "\(detail)"])
        }
        let milliseconds = backoff.failed()
        await cancelWhenGracefulShutdown { [consumer] in await consumer.hold(milliseconds: milliseconds) }
        return !Task.isShuttingDownGracefully && !Task.isCancelled
    }

    private mutating func recovered() {
        guard backoff.failures > 0 else { return }
        runtime.logger.notice("batches go on", metadata: ["kafka.group": "\(group)", "batch.failures": "\(backoff.failures)"])
        backoff.succeeded()
        health.trouble(nil)
    }
}
