import ServiceKit

/// Settings of metrics-aggregator beside the common ones.
struct AggregatorConfig: ServiceConfig {
    let gaugeSeconds: Int
    let batchRecords: Int

    init(from settings: inout SettingsReader) {
        gaugeSeconds = settings.int(
            "TOCSIN_METRICS_GAUGE_SECONDS", default: 5, in: 1...300, unit: "s", "How often the gauges of incidents are read anew.")
        batchRecords = settings.int(
            "TOCSIN_METRICS_BATCH_RECORDS", default: 500, in: 1...5000, unit: "records", "Most records in one transaction.")
    }
}
