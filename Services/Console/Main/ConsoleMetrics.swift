import Metrics
import ServiceKit

/// Every metric of the console, its instruments made once.
struct ConsoleMetrics: Sendable {
    static let requests = MetricDeclaration(
        "tocsin_console_requests_total", .counter, "Requests by route (none: no route matched) and status class.")
    static let requestSeconds = MetricDeclaration(
        "tocsin_console_request_seconds", .histogram, "From the request's head to its answer, by route.")
    static let commands = MetricDeclaration(
        "tocsin_console_commands_total", .counter, "Acknowledge and resolve by outcome: done, repeated, refused, not_found.")
    static let keyRefreshes = MetricDeclaration("tocsin_console_key_refreshes_total", .counter, "Readings of the keys, by outcome.")

    /// Requests that no route matched.
    static let noRoute = "none"

    private let requestsByRoute: [String: [Counter]]
    private let timersByRoute: [String: Metrics.Timer]

    init(routes: [String]) {
        let names = Set(routes + [Self.noRoute])
        requestsByRoute = Dictionary(
            names.map { name in (name, (1...5).map { Self.requests.counter([("route", name), ("status", "\($0)xx")]) }) },
            uniquingKeysWith: { first, _ in first })
        timersByRoute = Dictionary(
            names.map { ($0, Self.requestSeconds.timer([("route", $0)])) }, uniquingKeysWith: { first, _ in first })
    }

    func answered(_ status: Int, route: String, microseconds: Int64) {
        guard (100..<600).contains(status) else { return }
        requestsByRoute[route]?[status / 100 - 1].increment()
        timersByRoute[route]?.recordMicroseconds(max(0, microseconds))
    }
}
