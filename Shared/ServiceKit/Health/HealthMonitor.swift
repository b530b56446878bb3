import ServiceLifecycle

/// Runs the checks of a `HealthRegistry` once a second. A check that hangs delays nobody but itself.
struct HealthMonitor: Service {
    static let interval = Duration.seconds(1)

    let registry: HealthRegistry

    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while await pause(.zero) {
                for (name, check) in registry.due() {
                    group.addTask { registry.record(name, await check()) }
                }
                guard await pause(Self.interval) else { break }
            }
            group.cancelAll()
        }
    }
}
