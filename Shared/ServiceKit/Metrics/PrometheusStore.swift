import Metrics
import Synchronization

/// All metrics of a process: families of series, with a bound on each family's series so that a label from outside cannot fill the memory.
final class PrometheusStore: MetricsFactory, Sendable {
    static let maxSeriesPerFamily = 1000
    static let droppedName = "tocsin_metrics_series_dropped_total"

    enum Series: Sendable {
        case counter(PrometheusCounter)
        case gauge(PrometheusGauge)
        case histogram(PrometheusHistogram)
    }

    struct Family: Sendable {
        var declaration: MetricDeclaration
        /// By rendered labels, `a="b",c="d"`.
        var series: [String: Series] = [:]
    }

    private struct State: Sendable {
        var families: [String: Family] = [:]
        /// Series refused, by family.
        var dropped: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let maxSeries: Int

    init(maxSeriesPerFamily: Int = PrometheusStore.maxSeriesPerFamily) { maxSeries = maxSeriesPerFamily }

    /// Families by name, and how many series each has refused, by family.
    var snapshot: (families: [Family], dropped: [String: Int]) {
        let (families, dropped) = state.withLock { ($0.families, $0.dropped) }
        return (families.values.sorted { $0.declaration.name < $1.declaration.name }, dropped)
    }

    /// Gives a family its help, kind and buckets. The first declaration stands.
    func declare(_ declaration: MetricDeclaration) {
        let name = Self.name(declaration.name, declaration.kind)
        state.withLock { state in
            guard state.families[name] == nil else { return }
            state.families[name] = Family(declaration: Self.renamed(declaration, name))
        }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { counter(label, dimensions) }

    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { gauge(label, dimensions) }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions, MetricDeclaration.countBuckets) : gauge(label, dimensions)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, MetricDeclaration.secondsBuckets)
    }

    // A destroyed instrument keeps its series: a counter that vanishes and comes back would read as a restart.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> PrometheusCounter {
        let made = series(label, .counter, dimensions, buckets: []) { _ in .counter(PrometheusCounter()) }
        guard case .counter(let counter) = made else { return PrometheusCounter() }
        return counter
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> PrometheusGauge {
        let made = series(label, .gauge, dimensions, buckets: []) { _ in .gauge(PrometheusGauge()) }
        guard case .gauge(let gauge) = made else { return PrometheusGauge() }
        return gauge
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)], _ buckets: [Double]) -> PrometheusHistogram {
        let made = series(label, .histogram, dimensions, buckets: buckets) { .histogram(PrometheusHistogram(bounds: $0)) }
        guard case .histogram(let histogram) = made else { return PrometheusHistogram(bounds: buckets) }
        return histogram
    }

    /// The series of these labels, made if need be; nil when the family is full or of another kind (counted, and the caller's
    /// instrument then leads nowhere).
    private func series(
        _ label: String, _ kind: MetricDeclaration.Kind, _ dimensions: [(String, String)], buckets: [Double],
        make: ([Double]) -> Series
    ) -> Series? {
        let name = Self.name(label, kind)
        let key = PrometheusText.labels(dimensions)
        return state.withLock { state in
            var family = state.families[name] ?? Family(declaration: MetricDeclaration(name, kind, "Not described.", buckets: buckets))
            let isSameKind = family.declaration.kind == kind
            if isSameKind, let found = family.series[key] { return found }
            guard isSameKind, family.series.count < maxSeries else {
                state.dropped[name, default: 0] += 1
                return nil
            }
            let made = make(family.declaration.buckets)
            family.series[key] = made
            state.families[name] = family
            return made
        }
    }

    private static func name(_ label: String, _ kind: MetricDeclaration.Kind) -> String {
        let name = PrometheusText.name(label)
        return kind == .counter && !name.hasSuffix("_total") ? name + "_total" : name
    }

    private static func renamed(_ declaration: MetricDeclaration, _ name: String) -> MetricDeclaration {
        MetricDeclaration(name, declaration.kind, declaration.help, buckets: declaration.buckets)
    }
}
