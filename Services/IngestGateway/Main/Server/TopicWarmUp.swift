import Kafka
import Logging
import ServiceLifecycle

/// Learns the topic's partitions at the start, so that the first alert does not wait for them (librdkafka #5032).
struct TopicWarmUp: Service, CustomStringConvertible {
    private static let attemptMilliseconds = 2000

    let producer: Producer
    let topics: [String]
    let logger: Logger

    var description: String { "topic-warm-up" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var isFirst = true
            while !Task.isCancelled, await !warmUp(announcing: isFirst) {
                isFirst = false
                // Cut short by the shutdown, which ends the loop.
                try? await Task.sleep(for: .seconds(1))
            }
        }
        // A service that returns ends the group. Cancellation is another way to end.
        try? await gracefulShutdown()
    }

    private func warmUp(announcing: Bool) async -> Bool {
        do {
            try await producer.warmUp(topics: topics, timeoutMilliseconds: Self.attemptMilliseconds)
            return true
        } catch {
            if announcing { logger.warning("waiting for the broker and its topics", metadata: ["error": "\(error)"]) }
            return false
        }
    }
}
