import Kafka
import Logging
import TestKit

/// A mock broker of its own for each test, with what most tests need around it.
struct Fixture {
    let broker: MockBroker
    static let quiet = Logger(label: "kafka-tests", factory: { _ in SwiftLogNoOpLogHandler() })
    let logger = Self.quiet

    init(brokers: Int = 1, topics: [String: Int]) throws { broker = try MockBroker(brokers: brokers, topics: topics) }

    func withProducer<Result>(
        maxQueuedRecords: Int = 20000, extra: [String: String] = [:], _ body: (Producer) async throws -> Result
    ) async throws -> Result {
        let configuration = ProducerConfiguration(
            brokers: broker.bootstrapServers, clientID: "test", maxQueuedRecords: maxQueuedRecords, extra: extra)
        let producer = try Producer(configuration, logger: logger)
        do {
            let result = try await body(producer)
            await producer.close(flushTimeoutMilliseconds: 1000)
            return result
        } catch {
            await producer.close(flushTimeoutMilliseconds: 0)
            throw error
        }
    }

    func makeConsumer(
        group: String = "g", topics: [String], instanceID: String? = nil, from start: @escaping Consumer.StartPositions
    ) throws -> Consumer {
        // A short heartbeat: the others learn of a rebalance by it.
        let configuration = ConsumerConfiguration(
            brokers: broker.bootstrapServers, clientID: "test", group: group, topics: topics, instanceID: instanceID,
            sessionTimeoutMilliseconds: 6000, extra: ["heartbeat.interval.ms": "200"])
        return try Consumer(configuration, logger: logger, startPositions: start)
    }

    func withConsumer<Result>(
        topics: [String], from start: @escaping Consumer.StartPositions, _ body: (Consumer) async throws -> Result
    ) async throws -> Result {
        let consumer = try makeConsumer(topics: topics, from: start)
        do {
            let result = try await body(consumer)
            await consumer.close()
            return result
        } catch {
            await consumer.close()
            throw error
        }
    }
}

let fromTheBeginning: Consumer.StartPositions = { partitions, _ in
    Dictionary(uniqueKeysWithValues: partitions.map { ($0, .earliest) })
}

/// All partitions from the same offset.
func from(_ offset: Int64) -> Consumer.StartPositions {
    { partitions, _ in Dictionary(uniqueKeysWithValues: partitions.map { ($0, .offset(offset)) }) }
}

extension Consumer {
    /// One call with everything that these tests do not vary.
    func next(idle: Int = 200, maxRecords: Int = 1000) async throws -> RecordBatch {
        try await nextBatch(maxRecords: maxRecords, maxBytes: 1 << 20, maxWaitMilliseconds: 0, idleWaitMilliseconds: idle)
    }

    /// Reads until `count` records came or 20 s are over. A gap ends it too.
    func read(_ count: Int) async throws -> [IncomingRecord] {
        var records: [IncomingRecord] = []
        try await eventually {
            records += try await self.next().records
            return records.count >= count
        }
        return records
    }
}

struct NotWithinTime: Error {}

/// Repeats `attempt` until it is true or 20 s are over.
func eventually(_ attempt: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now.advanced(by: .seconds(20))
    while try await !attempt() {
        guard ContinuousClock.now < deadline else { throw NotWithinTime() }
        // Leaves the pool's few threads to those who make it true.
        try await Task.sleep(for: .milliseconds(2))
    }
}

func record(_ topic: String, _ value: String, key: String = "k") -> OutgoingRecord {
    OutgoingRecord(topic: topic, key: Array(key.utf8), value: Array(value.utf8))
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
