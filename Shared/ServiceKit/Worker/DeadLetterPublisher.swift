import Kafka
import Logging

/// Tells of records that were put aside: in the log, and in the topic of dead letters.
struct DeadLetterPublisher: Sendable {
    private static let timeoutMilliseconds = 3000

    let runtime: Runtime
    let group: String

    /// The table is what counts; the topic is for those who watch it, so a failure to write there is only noted.
    func publish(_ letters: [DeadLetter]) async {
        guard !letters.isEmpty else { return }
        for letter in letters {
            runtime.logger.warning(
                "record put aside",
                metadata: [
                    "kafka.group": "\(group)", "kafka.topic": "\(letter.record.topic)", "kafka.partition": "\(letter.record.partition)",
                    "kafka.offset": "\(letter.record.offset)",
                ])
        }
        do {
            try await runtime.producer.send(
                letters.map { $0.outgoing(group: group) }, timeoutMilliseconds: Self.timeoutMilliseconds)
        } catch {
            runtime.logger.warning("dead letters not published", metadata: ["kafka.group": "\(group)", "error": "\(error)"])
        }
    }
}
