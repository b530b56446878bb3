import Kafka
import Models
import Postgres
import ServiceLifecycle
import TestKit
import Testing

@testable import ServiceKit

/// What a worker's surroundings do to it.
@Suite(.timeLimit(.minutes(10))) struct WorkerFaultTests {
    private func worker(_ runtime: Runtime, topic: Topic = .signals, maxRecords: Int = 50) -> BatchWorker {
        BatchWorker(runtime: runtime, group: "example", topics: [topic], maxRecords: maxRecords, handler: TableHandler())
    }

    @Test("a table locked for long: bounded waits, not ready, connections free for others; then it goes on and does it once")
    func lockedTable() async throws {
        try await Harness.run { harness in
            let other = try await PostgresConnection.connect(
                PostgresConfiguration(url: harness.databaseURL, applicationName: "lock", idleInTransactionTimeoutMilliseconds: 0),
                logger: Harness.quietLogger)
            try await other.execute(script: "BEGIN; LOCK TABLE seen IN ACCESS EXCLUSIVE MODE")
            try await harness.produce(["a", "b"])
            try await harness.serving(worker(harness.runtime)) {
                try await eventually("the worker says that it waits for a lock") {
                    await harness.runtime.health.refresh()
                    return harness.runtime.health.statuses().contains {
                        $0.name == "consumer.example" && $0.status.detail.contains("sqlstate_55")
                    }
                }
                #expect(harness.runtime.health.statuses().first { $0.name == "postgres" }?.status.isOK == true)
                #expect(harness.runtime.pool.statistics.waiting == 0)
                try await other.execute(script: "ROLLBACK")
                try await eventually("handled") { try await harness.seen() == ["a", "b"] }
                try await eventually("ready again") {
                    await harness.runtime.health.refresh()
                    return harness.runtime.health.isReady
                }
            }
            await other.close()
            #expect(try await harness.count("SELECT count(*) FROM dead_letters") == 0)
            #expect(try await harness.seen() == ["a", "b"])
        }
    }

    @Test("a stored offset that the log does not have: reading goes on at its beginning, nothing is skipped silently")
    func offsetBeyondTheLog() async throws {
        try await Harness.run { harness in
            try await harness.produce(["a", "b"])
            let cluster = await harness.runtime.producer.clusterID(timeoutMilliseconds: 5000)
            _ = try await harness.runtime.pool.query(
                """
                INSERT INTO consumer_offsets (consumer_group, topic, partition, cluster_id, next_offset, owner)
                VALUES ('example', $1, 0, $2, 1000, 'before')
                """, [Topic.signals.name, cluster])
            try await harness.serving(worker(harness.runtime)) {
                try await eventually("both") { try await harness.seen() == ["a", "b"] }
            }
            #expect(try await harness.count("SELECT next_offset FROM consumer_offsets") == 2)
        }
    }

    @Test("members that come and go all the time: every record takes effect once")
    func rebalanceStorm() async throws {
        try await Harness.run { harness in
            let topic = Topic.commands
            try harness.broker.createTopic(topic.name, partitions: 4)
            let values = (0..<400).map { "v\($0)" }
            func runtime() throws -> Runtime {
                try Harness.runtime(
                    broker: harness.broker.bootstrapServers, databaseURL: harness.databaseURL,
                    kafkaProperties: "session.timeout.ms=4000;heartbeat.interval.ms=200")
            }
            let steady = try runtime()
            try await harness.serving(worker(steady, topic: topic, maxRecords: 5)) {
                for part in 0..<4 {
                    let passing = try runtime()
                    try await harness.serving(worker(passing, topic: topic, maxRecords: 5)) {
                        for value in values[part * 100..<part * 100 + 100] {
                            try await passing.producer.send(
                                [OutgoingRecord(topic: topic.name, key: Array(value.utf8), value: Array(value.utf8))],
                                timeoutMilliseconds: 20_000)
                        }
                        try await eventually("a part of it") { try await harness.seen().count >= part * 100 + 30 }
                    }
                    await passing.close()
                }
                try await eventually("all of it", seconds: 60) { try await harness.seen().count >= values.count }
            }
            await steady.close()
            #expect(try await harness.seen().sorted() == values.sorted())
        }
    }
}
