import Dispatch
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
            } else {
                rebuildIfFatal()
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

    /// Puts a new instance in the place of one that failed for good, so that senders go on at once; then ends the old one, and
    /// tells those who wait for its records.
    func rebuildIfFatal() {
        guard let (old, reason, orphans) = state.withLock({ replaceIfFatal(&$0) }) else { return }
        counters.withLock { $0.rebuilds += 1 }
        logger.warning("kafka producer rebuilt after a fatal error", metadata: ["kafka.reason": .string(reason)])
        warmAgain()
        // Elsewhere: the reports of the new instance must not wait for this.
        DispatchQueue.global().async {
            if !old.flush(milliseconds: Self.rebuildFlushMilliseconds) { self.giveUp(old) }
            for send in orphans { send.settle(.failure(.rebuilt(reason))) }
        }
    }

    private func replaceIfFatal(_ state: inout State) -> (RDKafkaClient, String, [PendingSend])? {
        guard let old = state.client, state.flushMilliseconds == nil, let reason = old.fatalReason else { return nil }
        if let next = state.rebuildAt, ContinuousClock.now < next { return nil }
        do {
            state.client = try Self.makeClient(configuration, counters: counters, logger: logger)
            state.rebuildAt = nil
            return (old, reason, Array(state.pending.values))
        } catch {
            logger.error("kafka producer not rebuilt", metadata: ["kafka.reason": "\(error)"])
            state.rebuildAt = .now.advanced(by: .milliseconds(Self.rebuildRetryMilliseconds))
            return nil
        }
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
