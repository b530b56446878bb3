package import Metrics

/// What a metric is, and the way to its instruments. Each module declares its own in one file:
///
///     static let handled = MetricDeclaration("tocsin_grouper_signals_total", .counter, "Signals by outcome.")
///     GrouperMetrics.signals.counter([("outcome", "new")]).increment()
package struct MetricDeclaration: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable { case counter, gauge, histogram }

    /// `<service>_<thing>_<unit|total>`; a counter ends in `_total`.
    package let name: String
    package let kind: Kind
    package let help: String
    /// Upper bounds of a histogram, ascending, without +Inf.
    package let buckets: [Double]

    /// Seconds, from a millisecond to a minute.
    package static let secondsBuckets: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// Counts of things, from one to a thousand.
    package static let countBuckets: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

    package init(_ name: String, _ kind: Kind, _ help: String, buckets: [Double] = MetricDeclaration.secondsBuckets) {
        self.name = name
        self.kind = kind
        self.help = help
        self.buckets = kind == .histogram ? buckets : []
    }

    package init(name: String, kind: Kind, help: String, buckets: [Double] = MetricDeclaration.secondsBuckets) {
        self.init(name, kind, help, buckets: buckets)
    }

    package func counter(_ labels: [(String, String)] = []) -> Counter {
        PrometheusRegistry.declare(self)
        return Counter(label: name, dimensions: labels)
    }

    package func gauge(_ labels: [(String, String)] = []) -> Gauge {
        PrometheusRegistry.declare(self)
        return Gauge(label: name, dimensions: labels)
    }

    /// A histogram of whatever unit the name says.
    package func recorder(_ labels: [(String, String)] = []) -> Recorder {
        PrometheusRegistry.declare(self)
        return Recorder(label: name, dimensions: labels)
    }

    /// A histogram of seconds.
    package func timer(_ labels: [(String, String)] = []) -> Metrics.Timer {
        PrometheusRegistry.declare(self)
        return Metrics.Timer(label: name, dimensions: labels)
    }
}
