import Kafka
import Metrics

/// The instruments of one worker, made once.
struct WorkerMetrics: Sendable {
    let batchRecords = KitMetrics.batchRecords.recorder()
    let batchSeconds = KitMetrics.batchSeconds.timer()
    let fenced = KitMetrics.fenced.counter()
    let abandoned = KitMetrics.abandoned.counter()
    private let handled: [String: Counter]
    private let poison: [String: Counter]
    private let deadLetters: [String: Counter]

    init(topics: [String]) {
        func byTopic(_ make: (String) -> Counter) -> [String: Counter] {
            Dictionary(topics.map { ($0, make($0)) }) { first, _ in first }
        }
        handled = byTopic { KitMetrics.records.counter([("topic", $0), ("outcome", "handled")]) }
        poison = byTopic { KitMetrics.records.counter([("topic", $0), ("outcome", "poison")]) }
        deadLetters = byTopic { KitMetrics.deadLetters.counter([("topic", $0)]) }
    }

    func done(_ work: BatchWork) {
        for record in work.records { handled[record.topic]?.increment() }
        for letter in work.unfit {
            poison[letter.record.topic]?.increment()
            deadLetters[letter.record.topic]?.increment()
        }
    }

    func retry(cause: String) { KitMetrics.retries.counter([("cause", cause)]).increment() }

    func gap(topic: String, reason: String) { KitMetrics.gaps.counter([("topic", topic), ("reason", reason)]).increment() }

    func lag(_ lag: [TopicPartition: Int64]) {
        for (partition, records) in lag {
            KitMetrics.lag.gauge([("topic", partition.topic), ("partition", String(partition.partition))]).record(records)
        }
    }
}
