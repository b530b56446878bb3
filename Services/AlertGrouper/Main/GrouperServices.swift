import Models
import ServiceKit
import ServiceLifecycle

/// What the grouper consists of: two consumers and two loops over due rows.
enum GrouperServices {
    static let name = "alert-grouper"

    static func build(_ runtime: Runtime, _ config: GrouperConfig) -> [any Service] {
        let metrics = GrouperMetrics()
        let expiry = ExpiryControl(graceSeconds: config.expiryGraceSeconds, runtime: runtime, metrics: metrics)
        let passes = DuePasses(runtime: runtime, limit: config.dueRows, expiry: expiry, metrics: metrics)
        return [
            BatchWorker(
                runtime: runtime, group: name, topics: [.signals], maxRecords: config.maxBatchRecords,
                maxWaitMilliseconds: config.maxBatchWaitMilliseconds,
                handler: SignalHandler(metrics: metrics, onCommit: expiry.handled)),
            BatchWorker(
                runtime: runtime, group: "\(name)-commands", topics: [.commands], maxRecords: 100,
                handler: CommandHandler(metrics: metrics)),
            DueRowLoop(name: "alert-expiry", runtime: runtime, idleMilliseconds: config.duePollMilliseconds, pass: passes.expireAlerts),
            DueRowLoop(
                name: "incident-hold", runtime: runtime, idleMilliseconds: config.duePollMilliseconds, pass: passes.resolveIncidents),
        ]
    }
}
