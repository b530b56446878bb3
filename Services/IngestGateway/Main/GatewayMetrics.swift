import AlertSources
import Metrics
import ServiceKit

/// Every metric of the gateway, its instruments made once.
struct GatewayMetrics: Sendable {
    static let requests = MetricDeclaration(
        "tocsin_gateway_requests_total", .counter, "Requests by source (none: no source's path) and status class.")
    static let signals = MetricDeclaration(
        "tocsin_gateway_signals_total", .counter, "Alerts accepted, by the broker or into the spool, by source.")
    static let refused = MetricDeclaration("tocsin_gateway_refused_total", .counter, "Requests not taken, by reason.")
    static let publishSeconds = MetricDeclaration(
        "tocsin_gateway_publish_seconds", .histogram, "From the records in hand to the broker's acknowledgement.")
    static let bodyBytes = MetricDeclaration(
        "tocsin_gateway_body_bytes", .histogram, "Length of the bodies read.",
        buckets: [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 5_242_880])
    static let directoryRefreshes = MetricDeclaration(
        "tocsin_gateway_key_refreshes_total", .counter, "Readings of keys and grouping rules, by outcome.")

    /// Requests that no source's path matched.
    static let noSource = "none"

    private let requestsBySource: [String: [Counter]]
    private let signalsBySource: [String: Counter]
    private let refusedByCode: [GatewayRefusal.Code: Counter]
    private let publishing: Metrics.Timer
    private let bodies: Recorder

    init(sources: [String]) {
        requestsBySource = Dictionary(
            (sources + [Self.noSource]).map { source in
                (source, (1...5).map { Self.requests.counter([("source", source), ("status", "\($0)xx")]) })
            }, uniquingKeysWith: { first, _ in first })
        signalsBySource = Dictionary(
            sources.map { ($0, Self.signals.counter([("source", $0)])) }, uniquingKeysWith: { first, _ in first })
        refusedByCode = Dictionary(
            GatewayRefusal.Code.allCases.map { ($0, Self.refused.counter([("reason", $0.rawValue)])) },
            uniquingKeysWith: { first, _ in first })
        publishing = Self.publishSeconds.timer()
        bodies = Self.bodyBytes.recorder()
    }

    func answered(_ status: Int, source: String?) {
        guard let counters = requestsBySource[source ?? Self.noSource], (100..<600).contains(status) else { return }
        counters[status / 100 - 1].increment()
    }

    func accepted(_ signals: Int, source: String) { signalsBySource[source]?.increment(by: signals) }

    func refused(_ code: GatewayRefusal.Code) { refusedByCode[code]?.increment() }

    func published(in duration: Duration) {
        let parts = duration.components
        publishing.recordNanoseconds(parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    }

    func read(bytes: Int) { bodies.record(bytes) }
}
