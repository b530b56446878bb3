import Kafka
import Logging
package import Models
import ServiceLifecycle

/// Consumes topics so that each record takes effect once: the records' effects, the facts they make true and the offset they end at
/// commit in one transaction, and the offset is a compare-and-set that fences a process which no longer owns the partition.
///
/// Nothing is lost when PostgreSQL or the broker goes away, or this process dies at any point; see `BatchProcessor` for the steps.
package struct BatchWorker: Service, CustomStringConvertible {
    private static let maxBytes = 8 * 1024 * 1024
    private static let idleWaitMilliseconds = 300

    private let runtime: Runtime
    private let group: String
    private let topics: [String]
    private let maxRecords: Int
    private let maxWaitMilliseconds: Int
    private let handlers: [any BatchHandler]
    private let metrics: WorkerMetrics
    private let health = WorkerHealth()

    package init(
        runtime: Runtime, group: String, topics: [Topic], maxRecords: Int = 500, maxWaitMilliseconds: Int = 5, handler: any BatchHandler
    ) {
        self.init(
            runtime: runtime, group: group, topics: topics, maxRecords: maxRecords, maxWaitMilliseconds: maxWaitMilliseconds,
            lanes: [handler])
    }

    /// - Parameters:
    ///   - maxRecords: the most records of one transaction.
    ///   - maxWaitMilliseconds: how long the first record of a batch waits for others.
    ///   - lanes: a handler for each lane, at least one; see `BatchLanes`. Each is called by one task at a time.
    package init(
        runtime: Runtime, group: String, topics: [Topic], maxRecords: Int, maxWaitMilliseconds: Int, lanes: [any BatchHandler]
    ) {
        self.runtime = runtime
        self.group = group
        self.topics = topics.map(\.name)
        self.maxRecords = maxRecords
        self.maxWaitMilliseconds = maxWaitMilliseconds
        handlers = lanes
        metrics = WorkerMetrics(topics: self.topics)
        runtime.health.register("consumer.\(group)") { [health, clock = runtime.clock] in health.status(now: clock()) }
    }

    package var description: String { "batch-worker \(group)" }

    /// Consumes until told to stop, then finishes the batch in hand. A consumer that librdkafka gives up is replaced.
    package func run() async throws {
        var backoff = Backoff(firstMilliseconds: 500, capMilliseconds: 15_000)
        while await pause(.zero) {
            do {
                try await consume { backoff.succeeded() }
            } catch let error as KafkaError where error.isFatal || error.isRetriable {
                runtime.logger.warning("consumer is replaced", metadata: ["kafka.group": "\(group)", "error": "\(error)"])
                guard await pause(milliseconds: backoff.failed()) else { return }
            }
        }
    }

    /// The life of one consumer.
    private func consume(progress: () -> Void) async throws {
        let positions = ConsumerPositions(
            group: group, owner: runtime.common.instanceID, pool: runtime.pool, batchRecords: maxRecords,
            otherBroker: { [self] in gap($0, expected: $1, resumedAt: nil, reason: "other_broker") })
        let consumer = try Consumer(configuration, logger: runtime.logger) { assigned, clusterID in
            try await positions.load(assigned, clusterID: clusterID)
        }
        health.started(consumer, now: runtime.clock())
        do {
            try await loop(consumer, positions, progress)
        } catch {
            await close(consumer)
            throw error
        }
        await close(consumer)
    }

    private var configuration: ConsumerConfiguration {
        ConsumerConfiguration(
            brokers: runtime.common.kafkaBrokers, clientID: runtime.identity.name, group: group, topics: topics,
            fetchWaitMilliseconds: runtime.common.kafkaFetchWaitMilliseconds, extra: runtime.common.kafkaProperties)
    }

    private func close(_ consumer: Consumer) async {
        health.stopped()
        await consumer.close()
    }

    private func loop(_ consumer: Consumer, _ positions: ConsumerPositions, _ progress: () -> Void) async throws {
        var lanes = lanes(consumer, positions)
        var report = ProgressReport(group: group, metrics: metrics, health: health)
        defer { report.end() }
        while await pause(.zero) {
            let waiting = health.turned(now: runtime.clock())
            let batch = try await consumer.nextBatch(
                maxRecords: maxRecords * handlers.count, maxBytes: Self.maxBytes, maxWaitMilliseconds: maxWaitMilliseconds,
                idleWaitMilliseconds: Self.idleWaitMilliseconds)
            for hole in batch.gaps {
                gap(
                    TopicPartition(topic: hole.topic, partition: hole.partition), expected: hole.expected, resumedAt: hole.resumedAt,
                    reason: hole.reason.rawValue)
            }
            if !batch.records.isEmpty {
                await lanes.process(batch)
                progress()
                report.noteProgress()
            }
            await report.makeIfDue(consumer, takeCommitted: { lanes.takeCommitted() }, waiting: waiting, now: runtime.clock)
        }
        consumer.commitForLag(lanes.takeCommitted())
    }

    private func lanes(_ consumer: Consumer, _ positions: ConsumerPositions) -> BatchLanes {
        let processors = handlers.map { handler in
            BatchProcessor(
                runtime: runtime, group: group, handler: handler, consumer: consumer, positions: positions, metrics: metrics, health: health
            )
        }
        return BatchLanes(processors, handlers: handlers, maxRecords: maxRecords, health: health, runtime: runtime)
    }

    /// A hole in what could be read is never silent.
    private func gap(_ partition: TopicPartition, expected: Int64, resumedAt: Int64?, reason: String) {
        metrics.gap(topic: partition.topic, reason: reason)
        runtime.logger.error(
            "records are missing from the log",
            metadata: [
                "kafka.group": "\(group)", "kafka.topic": "\(partition.topic)", "kafka.partition": "\(partition.partition)",
                "kafka.expected": "\(expected)", "kafka.resumed": "\(resumedAt.map(String.init) ?? "earliest")", "gap.reason": "\(reason)",
            ])
    }
}
