import Logging

/// What runs on the delivery thread.
extension Producer {
    /// How late a time-out, a rebuild or `close` may be noticed. Reports are not delayed by it.
    private static let tickMilliseconds: Int32 = 50
    /// Records of a dead instance that are already on their way get so long to be acknowledged.
    private static let rebuildFlushMilliseconds: Int32 = 200
    private static let rebuildRetryMilliseconds = 1000

    static func makeClient(
        _ configuration: ProducerConfiguration, counters: Guarded<ProducerStatistics>, logger: Logger
    ) throws(KafkaError) -> RDKafkaClient {
        let callbacks = RDKafkaCallbacks(
            logger: logger,
            delivered: { failure in
                counters.withLock { counters in
                    if failure == nil { counters.acknowledged += 1 } else { counters.failed += 1 }
                }
            })
        return try RDKafkaClient(.producer, properties: configuration.properties, callbacks: callbacks)
    }

    /// Serves reports until closed.
    func serve() {
        while let client = state.withLock({ $0.client }) {
            client.poll(milliseconds: Self.tickMilliseconds)
            expirePending()
            if let flush = state.withLock({ $0.flushMilliseconds }) {
                shutDown(client, flushMilliseconds: flush)
            } else if let reason = client.fatalReason {
                rebuild(replacing: client, reason: reason)
            }
        }
        // Here and not in shutDown: by now the loop's own reference is gone too and the instance is freed.
        isDown.resolve(())
    }

    private func expirePending() {
        let now = ContinuousClock.now
        let pending = state.withLock { Array($0.pending.values) }
        for send in pending { _ = send.expire(at: now) }
    }

    /// Puts a new instance in place first, so that senders go on at once; then ends the old one.
    private func rebuild(replacing old: RDKafkaClient, reason: String) {
        do {
            let new = try Self.makeClient(configuration, counters: counters, logger: logger)
            state.withLock { $0.client = new }
        } catch {
            logger.error("kafka producer not rebuilt", metadata: ["kafka.reason": "\(error)"])
            WorkerThread.pause(milliseconds: Self.rebuildRetryMilliseconds)
            return
        }
        counters.withLock { $0.rebuilds += 1 }
        logger.warning("kafka producer rebuilt after a fatal error", metadata: ["kafka.reason": .string(reason)])
        warmAgain()
        if !old.flush(milliseconds: Self.rebuildFlushMilliseconds) { giveUp(old) }
    }

    private func shutDown(_ client: RDKafkaClient, flushMilliseconds: Int) {
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(flushMilliseconds))
        var isFlushed = false
        repeat {
            let slice = max(0, min(Int(Self.tickMilliseconds), Milliseconds.from(.now, to: deadline)))
            isFlushed = client.flush(milliseconds: Int32(slice))
            expirePending()
        } while !isFlushed && ContinuousClock.now < deadline
        if !isFlushed { giveUp(client) }
        let left = state.withLock { state in
            state.client = nil
            return Array(state.pending.values)
        }
        for send in left { send.settle(.failure(.closed("producer"))) }
    }

    /// Purges the queue and serves the reports of the purged records, which release what `produce` retained.
    private func giveUp(_ client: RDKafkaClient) {
        client.purge()
        _ = client.flush(milliseconds: Self.rebuildFlushMilliseconds)
    }
}
