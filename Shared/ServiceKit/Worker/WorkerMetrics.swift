import Kafka
import Metrics

/// The instruments of one worker, made once.
struct WorkerMetrics: Sendable {
    let batchRecords = KitMetrics.batchRecords.recorder()
    let batchSeconds = KitMetrics.batchSeconds.timer()
    let fenced = KitMetrics.fenced.counter()
    let abandoned = KitMetrics.abandoned.counter()
    let alone = KitMetrics.alone.counter()
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

    func waiting(seconds: Double, group: String) { KitMetrics.waiting.gauge([("group", group)]).record(seconds) }

    /// - Parameter before: the partitions measured last; those that are no longer read go to 0, or their last lag would stand for ever.
    func lag(_ lag: [TopicPartition: Int64], before: inout Set<TopicPartition>) {
        let zeroes = Dictionary(before.subtracting(lag.keys).map { ($0, Int64(0)) }) { first, _ in first }
        for (partition, records) in lag.merging(zeroes, uniquingKeysWith: { first, _ in first }) {
            KitMetrics.lag.gauge([("topic", partition.topic), ("partition", String(partition.partition))]).record(records)
        }
        before = Set(lag.keys)
    }
}
