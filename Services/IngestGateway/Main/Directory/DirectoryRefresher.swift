import Logging
import Metrics
import Models
import ServiceKit
import ServiceLifecycle

/// Reads keys and grouping rules again and again, so that a new key works and a revoked one stops within seconds, without a query per
/// request.
struct DirectoryRefresher: Service {
    let cache: DirectoryCache
    let intervalMilliseconds: Int
    let clock: @Sendable () -> Timestamp
    let logger: Logger
    let refreshed: @Sendable (SenderDirectory) -> Void
    let load: @Sendable () async throws -> SenderDirectory

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
    func refresh(wasFailing: Bool) async -> Bool {
        do {
            let directory = try await load()
            cache.replace(directory, at: clock())
            refreshed(directory)
            GatewayMetrics.directoryRefreshes.counter([("outcome", "ok")]).increment()
            if wasFailing { logger.notice("keys are read again") }
            return false
        } catch {
            GatewayMetrics.directoryRefreshes.counter([("outcome", "failed")]).increment()
            if !wasFailing { logger.warning("keys could not be read; the old ones stay in use", metadata: ["error": "\(error)"]) }
            return true
        }
    }
}
