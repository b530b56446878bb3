import Models
import ServiceKit

/// Every metric of metrics-aggregator.
enum AggregatorMetrics {
    /// Minutes to days: people, not machines, acknowledge and resolve.
    private static let lifeBuckets: [Double] = [5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 86_400, 604_800]

    static let incidents = MetricDeclaration("tocsin_incidents", .gauge, "Incidents of all teams by status and severity.")
    static let events = MetricDeclaration("tocsin_metrics_events_total", .counter, "Events of incidents taken into the figures, by kind.")
    static let acknowledge = MetricDeclaration(
        "tocsin_incident_acknowledge_seconds", .histogram, "From opening to the first acknowledgement, by severity.",
        buckets: lifeBuckets)
    static let resolve = MetricDeclaration(
        "tocsin_incident_resolve_seconds", .histogram, "From opening to resolution, by severity.", buckets: lifeBuckets)
}
