import ServiceLifecycle

/// Runs the checks of a `HealthRegistry` once a second. A check that hangs delays nobody but itself.
///
/// Until all was well for the first time it looks more often, after a quarter of the time that has passed: a start that takes 0.2 s is
/// reported after 0.25 s and not after 1 s, and one that waits for a dependency costs that not much.
struct HealthMonitor: Service {
    static let interval = Duration.seconds(1)
    private static let leastInterval = Duration.milliseconds(20)

    let registry: HealthRegistry

    func run() async throws {
        let begun = ContinuousClock.now
        var wasReady = false
        try await withThrowingDiscardingTaskGroup { group in
            while await pause(.zero) {
                for (name, check) in registry.due() {
                    group.addTask { registry.record(name, await check()) }
                }
                guard await pause(wasReady ? Self.interval : Self.pauseOfStart(age: begun.duration(to: .now))) else { break }
                wasReady = wasReady || registry.isReady
            }
            group.cancelAll()
        }
    }

    /// The pause between two looks before the first success.
    static func pauseOfStart(age: Duration) -> Duration { min(interval, max(leastInterval, age / 4)) }
}
