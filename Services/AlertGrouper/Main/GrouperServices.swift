import Models
import ServiceKit
import ServiceLifecycle

/// What the grouper consists of: two consumers, two loops over due rows, and one that writes what repeats told.
enum GrouperServices {
    static let name = "alert-grouper"

    static func build(_ runtime: Runtime, _ config: GrouperConfig) -> [any Service] {
        let metrics = GrouperMetrics()
        let expiry = ExpiryControl(graceSeconds: config.expiryGraceSeconds, runtime: runtime, metrics: metrics)
        let passes = DuePasses(
            runtime: runtime, limit: config.dueRows, slackSeconds: config.touchSeconds, expiry: expiry, metrics: metrics)
        let memory = RepeatMemory(limit: config.rememberedAlerts, touchSeconds: config.touchSeconds, metrics: metrics)
        return [
            BatchWorker(
                runtime: runtime, group: name, topics: [.signals], maxRecords: config.maxBatchRecords,
                maxWaitMilliseconds: config.maxBatchWaitMilliseconds,
                lanes: (0..<config.lanes).map { _ in SignalHandler(metrics: metrics, memory: memory, onCommit: expiry.handled) }),
            BatchWorker(
                runtime: runtime, group: "\(name)-commands", topics: [.commands], maxRecords: 100,
                handler: CommandHandler(metrics: metrics)),
            DueRowLoop(name: "alert-touches", runtime: runtime, idleMilliseconds: config.duePollMilliseconds) {
                [dueRows = config.dueRows] now in
                try await memory.write(before: now, limit: dueRows, pool: runtime.pool)
            },
            DueRowLoop(name: "alert-expiry", runtime: runtime, idleMilliseconds: config.duePollMilliseconds, pass: passes.expireAlerts),
            DueRowLoop(
                name: "incident-hold", runtime: runtime, idleMilliseconds: config.duePollMilliseconds, pass: passes.resolveIncidents),
        ]
    }
}
