import Grouping
import Kafka
import Models
import ServiceKit
import Synchronization

/// Keeps the expiry gate of this process up to date.
final class ExpiryControl: Sendable {
    private static let brokerTimeoutMilliseconds = 1000

    private let gate: Mutex<ExpiryGate>
    private let runtime: Runtime
    private let metrics: GrouperMetrics

    init(graceSeconds: Int, runtime: Runtime, metrics: GrouperMetrics) {
        gate = Mutex(ExpiryGate(startedAt: runtime.clock(), graceSeconds: graceSeconds))
        self.runtime = runtime
        self.metrics = metrics
    }

    @Sendable func handled(newest: Timestamp) {
        let now = runtime.clock()
        gate.withLock { $0.handled(newest: newest, at: now) }
    }

    /// What is known without asking anybody.
    func mayBeOpen(at now: Timestamp) -> Bool {
        let isOpen = gate.withLock { $0.isOpen(at: now) }
        metrics.expiry(isOpen: isOpen)
        return isOpen
    }

    /// Asks the broker: call it only when an alert is due.
    func isBrokerThere(at now: Timestamp) async -> Bool {
        if await runtime.producer.isReachable(timeoutMilliseconds: Self.brokerTimeoutMilliseconds) { return true }
        gate.withLock { $0.lostBroker(at: now) }
        metrics.expiry(isOpen: false)
        return false
    }
}
