import Dispatch
package import Logging

/// Sends records with acks=all and idempotence, and survives the fatal errors of librdkafka by building a new instance.
///
/// Delivery reports are served by one thread that is blocked in `rd_kafka_poll`, so an acknowledgement reaches its waiter at
/// once. Must be closed: the thread keeps the producer alive until then.
package final class Producer: Sendable {
    struct State {
        /// Nil once closed.
        var client: RDKafkaClient?
        var pending: [UInt64: PendingSend] = [:]
        var nextID: UInt64 = 0
        var warmTopics: Set<String> = []
        /// Set by `close`: how long to flush.
        var flushMilliseconds: Int?
        /// A new instance could not be had: not before then is the next attempt.
        var rebuildAt: ContinuousClock.Instant?
    }

    private static let learnMilliseconds = 500

    let configuration: ProducerConfiguration
    let logger: Logger
    let state: Guarded<State>
    let counters: Guarded<ProducerStatistics>
    let isDown = ResumeOnce<Void>()
    private let thread: WorkerThread
    /// Metadata calls block, and must not hold up delivery reports.
    private let administration = DispatchQueue(label: "tocsin.kafka.producer.administration")

    /// Starts the instance and its thread; connects in the background, so an absent broker is no error here.
    package init(_ configuration: ProducerConfiguration, logger: Logger) throws(KafkaError) {
        self.configuration = configuration
        self.logger = logger
        counters = Guarded(ProducerStatistics())
        state = Guarded(State(client: try Self.makeClient(configuration, counters: counters, logger: logger)))
        thread = try WorkerThread()
        thread.submit { self.serve() }
    }

    /// Returns when the broker acknowledged all records.
    ///
    /// A throw does not mean that nothing was written: part of the records may have been, or may be later. Receivers must
    /// recognise a record they have seen. Throws `queueFull` (normally before any record was taken), `timedOut`,
    /// `deliveryFailed`, `fatal` (the instance is being rebuilt: send again), `cancelled` or `closed`.
    /// - Parameter handedOver: called once the library has all of them, before any is acknowledged: a place for fault tests.
    package func send(
        _ records: [OutgoingRecord], timeoutMilliseconds: Int, handedOver: (@Sendable () -> Void)? = nil
    ) async throws(KafkaError) {
        guard !records.isEmpty else { return }
        guard !Task.isCancelled else { throw .cancelled() }
        let pending = PendingSend(records: records.count, timeoutMilliseconds: timeoutMilliseconds, now: .now)
        rebuildIfFatal()
        await learn(records, timeoutMilliseconds: timeoutMilliseconds)
        let id = try enqueue(records, pending)
        handedOver?()
        defer { _ = state.withLock { $0.pending.removeValue(forKey: id) } }
        let result = await withTaskCancellationHandler {
            await pending.result()
        } onCancel: {
            pending.settle(.failure(.cancelled()))
        }
        try result.get()
    }

    /// Learns the partitions of the topics, so that the first send does not pay for it (librdkafka #5032: up to 1 s).
    /// Waits for topics that do not exist yet. Throws `brokerUnreachable` or `unknownTopic` when time is up.
    package func warmUp(topics: [String], timeoutMilliseconds: Int) async throws(KafkaError) {
        state.withLock { $0.warmTopics.formUnion(topics) }
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(timeoutMilliseconds))
        for topic in topics {
            let failure = await administer { client in client.awaitTopic(topic, until: deadline) }
            switch failure {
            case .none: throw .closed("producer")
            case .some(.some(let error)): throw error
            case .some(.none): continue
            }
        }
    }

    /// Records not yet acknowledged.
    package var queuedRecords: Int { state.withLock { $0.client?.queuedRecords ?? 0 } }

    package var statistics: ProducerStatistics { counters.withLock { $0 } }

    /// The cluster's own id; nil where no broker answers in time.
    package func clusterID(timeoutMilliseconds: Int) async -> String? {
        await administer { $0.clusterID(timeoutMilliseconds: timeoutMilliseconds) } ?? nil
    }

    /// Some broker answers a metadata request in time.
    package func isReachable(timeoutMilliseconds: Int) async -> Bool {
        await administer { $0.fetchMetadata(timeoutMilliseconds: timeoutMilliseconds) == nil } ?? false
    }

    /// Takes no more records, waits for the queued ones, gives up the rest (their senders get `closed`) and frees the instance.
    package func close(flushTimeoutMilliseconds: Int) async {
        state.withLock { state in
            if state.flushMilliseconds == nil { state.flushMilliseconds = max(0, flushTimeoutMilliseconds) }
        }
        await isDown.value()
        thread.stop()
    }

    /// Makes the current instance fail for good: for fault tests.
    package func provokeFatalError() {
        state.withLock { $0.client?.provokeFatalError("provoked") }
    }

    /// Hands the records to the library. All under the lock, so that a rebuild never sees half of it and never frees the instance
    /// under our feet; nothing here blocks.
    private func enqueue(_ records: [OutgoingRecord], _ pending: PendingSend) throws(KafkaError) -> UInt64 {
        try state.withLock { state throws(KafkaError) in
            guard let client = state.client, state.flushMilliseconds == nil else { throw .closed("producer") }
            guard client.queuedRecords + records.count <= configuration.maxQueuedRecords else { throw .queueFull() }
            for record in records {
                if let failure = client.produce(record, pending: pending) { throw failure }
            }
            state.nextID += 1
            state.pending[state.nextID] = pending
            return state.nextID
        }
    }

    /// Runs a blocking call beside the delivery thread; nil once closed.
    func administer<Result: Sendable>(_ body: @escaping @Sendable (RDKafkaClient) -> Result) async -> Result? {
        await withCheckedContinuation { continuation in
            administration.async {
                // Taken here and not by the caller: the last reference must be dropped on this queue.
                continuation.resume(returning: self.state.withLock { $0.client }.map(body))
            }
        }
    }

    /// Learns topics that this producer never sent to. Only the first sender of a topic waits, and not for long: without the
    /// topic's partitions its records would wait in the library, up to a second longer than necessary.
    private func learn(_ records: [OutgoingRecord], timeoutMilliseconds: Int) async {
        // Mostly all records have one topic: it is looked up once.
        var topics: [String] = []
        for record in records where record.topic != topics.last { topics.append(record.topic) }
        let unknown = state.withLock { state in topics.filter { state.warmTopics.insert($0).inserted } }
        for topic in unknown {
            let patience = min(Self.learnMilliseconds, timeoutMilliseconds / 2)
            // A failure is the send's to report, should it last.
            _ = await administer { _ = $0.fetchMetadata(of: topic, timeoutMilliseconds: patience) }
        }
    }

    /// Learns all topics used so far, without anybody waiting for it.
    func warmAgain() {
        administration.async {
            let (client, topics) = self.state.withLock { ($0.client, $0.warmTopics) }
            for topic in topics { _ = client?.fetchMetadata(of: topic, timeoutMilliseconds: 1000) }
        }
    }
}

extension RDKafkaClient {
    /// Blocks until the topic's partitions are known. Nil is success, otherwise the last failure.
    fileprivate func awaitTopic(_ topic: String, until deadline: ContinuousClock.Instant) -> KafkaError? {
        while true {
            let left = Milliseconds.from(.now, to: deadline)
            guard let failure = fetchMetadata(of: topic, timeoutMilliseconds: max(1, left)) else { return nil }
            guard Milliseconds.from(.now, to: deadline) > 0, failure.isRetriable else { return failure }
            WorkerThread.pause(milliseconds: 50)
        }
    }
}
