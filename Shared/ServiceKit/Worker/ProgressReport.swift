import Kafka
import Models

/// What a worker tells of itself once a second: its offsets to Kafka, its lag and its wait to metrics and health.
struct ProgressReport {
    private static let interval = Duration.seconds(1)

    let group: String
    let metrics: WorkerMetrics
    let health: WorkerHealth
    /// Since the last report.
    private(set) var handledSome = false
    private var dueAt = ContinuousClock.now
    private var measured: Set<TopicPartition> = []

    init(group: String, metrics: WorkerMetrics, health: WorkerHealth) {
        self.group = group
        self.metrics = metrics
        self.health = health
    }

    mutating func noteProgress() { handledSome = true }

    /// - Parameters:
    ///   - takeCommitted: the next offsets that Kafka has not been told yet; asked only when it is time.
    ///   - waiting: for how many seconds the worker has waited for its partitions.
    mutating func makeIfDue(
        _ consumer: Consumer, takeCommitted: () -> [TopicPartition: Int64], waiting: Double, now: () -> Timestamp
    ) async {
        guard ContinuousClock.now >= dueAt else { return }
        dueAt = .now.advanced(by: Self.interval)
        consumer.commitForLag(takeCommitted())
        let lag = await consumer.lag()
        metrics.lag(lag, before: &measured)
        metrics.waiting(seconds: waiting, group: group)
        health.measured(behind: lag.values.reduce(0, +), handledSome: handledSome, now: now())
        handledSome = false
    }

    /// What another member reads from now on is not our lag.
    mutating func end() {
        metrics.lag([:], before: &measured)
        metrics.waiting(seconds: 0, group: group)
    }
}
