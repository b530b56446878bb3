import Postgres
import Logging
import Metrics
import ServiceKit
import ServiceLifecycle
import Store
import Synchronization

/// The keys last read, for all requests. They stay as they are while PostgreSQL is away.
final class KeyCache: Sendable {
    private let directory = Mutex<KeyDirectory?>(nil)

    /// nil before the first reading.
    var current: KeyDirectory? { directory.withLock { $0 } }

    func replace(_ new: KeyDirectory) { directory.withLock { $0 = new } }
}

/// Reads the keys again and again, so that a new one works and a revoked one stops within seconds, without a query per request.
struct KeyRefresher: Service, CustomStringConvertible {
    let cache: KeyCache
    let intervalMilliseconds: Int
    let runtime: Runtime

    var description: String { "key-refresher" }

    func run() async throws {
        var isFailing = false
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            isFailing = await refresh(wasFailing: isFailing)
            await cancelWhenGracefulShutdown {
                // Being cut short is how the loop ends.
                try? await Task.sleep(for: .milliseconds(intervalMilliseconds))
            }
        }
    }

    /// Logs the first failure of a streak and its end.
    /// - Returns: whether it failed.
    func refresh(wasFailing: Bool = false) async -> Bool {
        do {
            cache.replace(KeyDirectory(try await runtime.pool.withConnection { try await KeyStore.list(in: $0) }))
            ConsoleMetrics.keyRefreshes.counter([("outcome", "ok")]).increment()
            if wasFailing { runtime.logger.notice("keys are read again") }
            return false
        } catch {
            ConsoleMetrics.keyRefreshes.counter([("outcome", "failed")]).increment()
            if !wasFailing {
                runtime.logger.warning("keys could not be read; the old ones stay in use", metadata: ["error": "\(error)"])
            }
            return true
        }
    }
}
