import Metrics
import Models
import Postgres
import ServiceKit

/// Keeps the gauge of incidents by status and severity at what the rollup says.
struct TotalsGauge: Sendable {
    let runtime: Runtime

    /// One pass of the loop; it never has more work at once.
    func refresh() async throws {
        let totals = try await runtime.pool.withConnection { try await MeasureStore.totals(in: $0) }
        for total in totals {
            AggregatorMetrics.incidents.gauge([("status", total.status), ("severity", total.severity)]).record(total.count)
        }
    }
}
