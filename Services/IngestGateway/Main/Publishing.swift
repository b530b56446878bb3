import Logging
import Models
import Synchronization

/// Hands facts to the broker, measures it, and tells the log when that begins to fail and when it works again.
final class Publishing: Sendable {
    private let publish: Gateway.Publish
    private let metrics: GatewayMetrics
    private let logger: Logger
    private let isFailing = Mutex(false)

    init(publish: @escaping Gateway.Publish, metrics: GatewayMetrics, logger: Logger) {
        self.publish = publish
        self.metrics = metrics
        self.logger = logger
    }

    /// - Throws: 503 when the broker did not acknowledge all; it may have some of them, which consumers recognise when they come again.
    func send(_ facts: [Fact], timeoutMilliseconds: Int, requestID: String) async throws(GatewayRefusal) {
        let start = ContinuousClock.now
        do {
            try await publish(facts, timeoutMilliseconds)
            metrics.published(in: start.duration(to: .now))
            if changed(toFailing: false) { logger.notice("alerts are published again") }
        } catch {
            if changed(toFailing: true) {
                logger.warning(
                    "alerts cannot be published, senders are told to come back",
                    metadata: ["request.id": "\(requestID)", "error": "\(error.reason)"])
            }
            throw .brokerUnavailable
        }
    }

    private func changed(toFailing now: Bool) -> Bool {
        isFailing.withLock { isFailing in
            defer { isFailing = now }
            return isFailing != now
        }
    }
}
