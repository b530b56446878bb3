import ServiceLifecycle

/// Waits for the time, or less when the service is told to stop.
/// - Returns: false when the service should stop now.
package func pause(_ duration: Duration) async -> Bool {
    if duration > .zero, !Task.isShuttingDownGracefully, !Task.isCancelled {
        await cancelWhenGracefulShutdown {
            // Being cut short is the purpose; the caller learns of it by the answer.
            try? await Task.sleep(for: duration)
        }
    }
    return !Task.isShuttingDownGracefully && !Task.isCancelled
}

package func pause(milliseconds: Int) async -> Bool { await pause(.milliseconds(milliseconds)) }
