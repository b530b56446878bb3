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

    /// Asks the broker, too: call it only when an alert is due.
    func isOpen(at now: Timestamp) async -> Bool {
        var isOpen = gate.withLock { $0.isOpen(at: now) }
        if isOpen, await !runtime.producer.isReachable(timeoutMilliseconds: Self.brokerTimeoutMilliseconds) {
            gate.withLock { $0.lostBroker(at: now) }
            isOpen = false
        }
        metrics.expiry(isOpen: isOpen)
        return isOpen
    }
}
