import Glibc
import Models
import ServiceKit
import Store

@main
struct Entry {
    static let identity = ServiceIdentity(
        name: "metrics-aggregator", defaultAdminPort: 9103, requiredSchemaVersion: Migration.latestVersion)

    static func main() async {
        exit(
            await Bootstrap.run(identity, AggregatorConfig.self) { runtime, config in
                let gauge = TotalsGauge(runtime: runtime)
                return [
                    BatchWorker(
                        runtime: runtime, group: MeasureHandler.group, topics: [.incidents], maxRecords: config.batchRecords,
                        handler: MeasureHandler()),
                    DueRowLoop(name: "incident totals", runtime: runtime, idleMilliseconds: config.gaugeSeconds * 1000) { _ in
                        try await gauge.refresh()
                        return 0
                    },
                ]
            })
    }
}
