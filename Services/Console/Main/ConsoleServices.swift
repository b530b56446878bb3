import ServiceKit
import ServiceLifecycle

/// Puts the console together.
enum ConsoleServices {
    static func build(_ runtime: Runtime, _ config: ConsoleConfig) throws -> [any Service] {
        let keys = KeyCache()
        runtime.health.register("keys") { keys.current == nil ? .failed("the keys have not been read yet") : .ok }
        let console = try Console(runtime: runtime, config: config, keys: keys)
        return [
            KeyRefresher(cache: keys, intervalMilliseconds: config.keyRefreshMilliseconds, runtime: runtime),
            ConsoleServer(console: console, logger: runtime.logger),
        ]
    }
}
