import Dispatch
package import Logging

/// A member of a consumer group whose positions are kept by its owner, not by Kafka.
///
/// One task drives it: `nextBatch`, `hold` and `restart` are called one after the other; everything else from anywhere. Rebalances
/// are served inside `nextBatch` and `hold`, so nothing changes under the owner while it handles a batch. Its own thread makes
/// every blocking call. Must be closed.
package final class Consumer: Sendable {
    package typealias StartPositions =
        @Sendable (_ assigned: [TopicPartition], _ clusterID: String?) async throws -> [TopicPartition: StartPosition]

    private static let closeMilliseconds = 10_000
    private static let clusterIDMilliseconds = 1000

    let logger: Logger
    let state: Guarded<ConsumerState>
    /// Nil once closed.
    let client: Guarded<RDKafkaClient?>
    let isClosing = Interrupt()
    private let thread: WorkerThread
    private let isClosed = ResumeOnce<Void>()
    /// Queries that block, and in some releases do not come back: never on the consumer's thread.
    private let administration = DispatchQueue(label: "tocsin.kafka.consumer.administration")
    private let startPositions: StartPositions

    /// Joins the group in the background. `startPositions` is asked on every assignment (and after `restart`) where to begin, again
    /// and again until it answers; a partition it leaves out is read from its beginning. The cluster id is nil if no broker told it.
    package init(
        _ configuration: ConsumerConfiguration, logger: Logger, startPositions: @escaping StartPositions
    ) throws(KafkaError) {
        self.logger = logger
        self.startPositions = startPositions
        let state = Guarded(ConsumerState())
        self.state = state
        let callbacks = RDKafkaCallbacks(
            logger: logger,
            assigned: { partitions in state.withLock { $0.partitionsAssigned(partitions) } },
            revoked: { state.withLock { $0.partitionsRevoked() } })
        let client = try RDKafkaClient(.consumer, properties: configuration.properties, callbacks: callbacks)
        try client.subscribe(configuration.topics)
        self.client = Guarded(client)
        thread = try WorkerThread()
    }

    /// The next records: at most `maxRecords` or about `maxBytes`, collected for at most `maxWaitMilliseconds` after the first one.
    ///
    /// Empty after `idleWaitMilliseconds` without a record, and at once when the task is cancelled (with what was read so far).
    /// Throws `fatal` (replace the consumer) and `closed`; whatever the library can ride out is only logged.
    package func nextBatch(
        maxRecords: Int, maxBytes: Int, maxWaitMilliseconds: Int, idleWaitMilliseconds: Int
    ) async throws(KafkaError) -> RecordBatch {
        let limits = BatchLimits(
            maxRecords: maxRecords, maxBytes: maxBytes, maxWaitMilliseconds: maxWaitMilliseconds,
            idleDeadline: .now.advanced(by: .milliseconds(idleWaitMilliseconds)))
        let result = await interruptible { interrupt in
            while true {
                await self.settle()
                switch await self.thread.perform({ self.collect(limits, interrupt) }) {
                case .mustSettle: continue
                case .batch(let batch): return Result<RecordBatch, KafkaError>.success(batch)
                case .failed(let error): return .failure(error)
                case nil: return .failure(.closed("consumer"))
                }
            }
        }
        return try result.get()
    }

    /// False once the partitions of that batch were taken away or reset: abandon what came of it.
    package func isCurrent(_ generation: Int) -> Bool { state.withLock { $0.generation == generation } }

    /// Keeps the membership alive without reading, while the owner waits for something to recover.
    /// Returns early when the task is cancelled or the consumer closed.
    package func hold(milliseconds: Int) async {
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(milliseconds))
        await interruptible { interrupt in
            _ = await self.thread.perform { self.idle(until: deadline, interrupt) }
        }
    }

    /// Forgets the positions: the next `nextBatch` asks `startPositions` again. Batches handed out before are void.
    package func restart() async { state.withLock { $0.restart() } }

    /// Tells Kafka the next offset to read, so that its tools show the lag. Does not wait, and nothing depends on it.
    package func commitForLag(_ next: [TopicPartition: Int64]) {
        guard !next.isEmpty else { return }
        client.withLock { $0?.commit(next) }
    }

    /// Records between our position and the end of each partition, as of its last fetch.
    package func lag() async -> [TopicPartition: Int64] {
        let next = state.withLock { $0.next }
        return client.withLock { client in
            var lag: [TopicPartition: Int64] = [:]
            for (partition, offset) in next {
                if let high = client?.cachedHighWatermark(partition) { lag[partition] = max(0, high - offset) }
            }
            return lag
        }
    }

    /// The partitions that are being read.
    package var assignment: [TopicPartition] { state.withLock { $0.assigned } }

    /// The group has given us our partitions, perhaps none, and their positions are known. False before and between.
    package var isReading: Bool { state.withLock(\.isReading) }

    /// Leaves the group (a static member only disconnects) and frees the instance. Returns after 10 s even if the library hangs.
    package func close() async {
        isClosing.raise()
        thread.submit {
            self.shutDown()
            self.isClosed.resolve(())
        }
        thread.stop()
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Self.closeMilliseconds)) { self.isClosed.resolve(()) }
        await isClosed.value()
    }

    /// Makes the instance fail for good, as a second member with our instance id does: for fault tests.
    package func provokeFatalError() { client.withLock { $0?.provokeFatalError("provoked") } }

    /// Asks for missing positions and repairs refused partitions, where it is time to.
    private func settle() async {
        let (mustSettle, generation, awaiting, refused) = state.withLock {
            ($0.mustSettle(at: .now), $0.generation, $0.awaiting, $0.refused.sorted())
        }
        guard mustSettle else { return }
        if let awaiting {
            await start(awaiting, generation)
        } else {
            await repair(refused, generation)
        }
    }

    private func start(_ partitions: [TopicPartition], _ generation: Int) async {
        do {
            let clusterID = await administer { $0.clusterID(timeoutMilliseconds: Self.clusterIDMilliseconds) } ?? nil
            let answer = partitions.isEmpty ? [:] : try await startPositions(partitions, clusterID)
            _ = await thread.perform { self.assign(answer, generation) }
        } catch {
            logger.warning("kafka start positions not known, will ask again", metadata: ["error": "\(error)"])
            state.withLock { $0.settlingFailed(at: .now) }
        }
    }

    private func repair(_ refused: [TopicPartition], _ generation: Int) async {
        var watermarks: [TopicPartition: (low: Int64, high: Int64)] = [:]
        for partition in refused {
            switch await self.watermarks(partition) {
            case .success(let marks): watermarks[partition] = marks
            case .failure(let error):
                logger.warning("kafka watermarks not known, will ask again", metadata: ["error": "\(error)"])
                state.withLock { $0.settlingFailed(at: .now) }
                return
            }
        }
        let known = watermarks
        _ = await thread.perform { self.assignRepaired(known, generation) }
    }

    /// Bounded from outside: in some releases the query never returns.
    private func watermarks(_ partition: TopicPartition) async -> Result<(low: Int64, high: Int64), KafkaError> {
        let answer = ResumeOnce<Result<(low: Int64, high: Int64), KafkaError>>()
        let milliseconds = 5000
        administration.async {
            guard let client = self.client.withLock({ $0 }) else { return _ = answer.resolve(.failure(.closed("consumer"))) }
            answer.resolve(client.watermarks(partition, timeoutMilliseconds: milliseconds))
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds + 1000)) {
            answer.resolve(.failure(.timedOut("the watermark query", milliseconds: milliseconds)))
        }
        return await answer.value()
    }

    private func administer<Result: Sendable>(_ body: @escaping @Sendable (RDKafkaClient) -> Result) async -> Result? {
        await withCheckedContinuation { continuation in
            administration.async { continuation.resume(returning: self.client.withLock { $0 }.map(body)) }
        }
    }

    /// Runs `body` with a flag that task cancellation raises.
    private func interruptible<Result: Sendable>(_ body: @Sendable (Interrupt) async -> Result) async -> Result {
        let interrupt = Interrupt()
        return await withTaskCancellationHandler {
            await body(interrupt)
        } onCancel: {
            interrupt.raise()
        }
    }
}
