import Kafka
import Testing

@testable import ServiceKit

@Suite struct WorkerMetricsTests {
    @Test("the lag of a partition that went to another member does not stand for ever")
    func lag() {
        PrometheusRegistry.bootstrap()
        let metrics = WorkerMetrics(topics: ["lag-test"])
        let (kept, lost) = (TopicPartition(topic: "lag-test", partition: 1), TopicPartition(topic: "lag-test", partition: 2))
        var measured: Set<TopicPartition> = []
        metrics.lag([kept: 5, lost: 7], before: &measured)
        metrics.lag([kept: 6], before: &measured)
        #expect(measured == [kept])
        let text = PrometheusRegistry.exposition()
        #expect(text.contains(#"tocsin_consumer_lag_records{partition="1",topic="lag-test"} 6"#))
        #expect(text.contains(#"tocsin_consumer_lag_records{partition="2",topic="lag-test"} 0"#))
    }
}
