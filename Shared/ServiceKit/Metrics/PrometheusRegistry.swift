import Metrics
import Synchronization

/// The metrics of this process, in Prometheus' text format. No library for it is to be had, so this is ours: a swift-metrics
/// backend. Counters end in `_total`, timers are histograms of seconds, recorders are histograms, gauges are gauges.
package enum PrometheusRegistry {
    static let store = PrometheusStore()
    private static let bootstrapped = Mutex(false)

    /// Makes this the backend of swift-metrics. A second call does nothing, so that tests may start several services in one process.
    package static func bootstrap() {
        let isFirst = bootstrapped.withLock { done in
            defer { done = true }
            return !done
        }
        if isFirst { MetricsSystem.bootstrap(store) }
    }

    package static func declare(_ declaration: MetricDeclaration) { store.declare(declaration) }

    /// Everything, with `process_*` read now.
    package static func exposition() -> String {
        let snapshot = store.snapshot
        return PrometheusText.exposition(snapshot.families, dropped: snapshot.dropped) + ProcessMetrics.exposition()
    }
}
