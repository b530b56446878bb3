import Kafka
import Synchronization
import TestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct ConsumerTests {
    @Test("What was produced is consumed: key, value, headers, timestamp, order")
    func roundTrip() async throws {
        let fixture = try Fixture(topics: ["t": 1])
        try await fixture.withProducer { producer in
            var outgoing = record("t", "one", key: "alpha")
            outgoing.headers = [KafkaHeader(name: "id", value: "42"), KafkaHeader(name: "empty", value: [])]
            try await producer.send([outgoing, OutgoingRecord(topic: "t", key: [], value: [0, 255])], timeoutMilliseconds: 5000)
        }
        let records = try await fixture.withConsumer(topics: ["t"], from: fromTheBeginning) { try await $0.read(2) }
        #expect(records.map(\.offset) == [0, 1])
        #expect(records[0].key == Array("alpha".utf8))
        #expect(text(records[0].value) == "one")
        #expect(records[0].header("id") == "42")
        #expect(records[0].headers.count == 2)
        #expect(records[0].timestampMilliseconds > 0)
        #expect(records[1].key == nil)
        #expect(records[1].value == [0, 255])
    }

    @Test("The owner is asked with partitions and cluster id, again until it answers, and its offsets are where reading begins")
    func startPositions() async throws {
        let fixture = try Fixture(topics: ["t": 1])
        try await fixture.produce(10, to: "t")
        let asked = Mutex<[([TopicPartition], String?)]>([])
        let start: Consumer.StartPositions = { partitions, clusterID in
            let count = asked.withLock { asked in
                asked.append((partitions, clusterID))
                return asked.count
            }
            if count < 3 { throw NotWithinTime() }
            return [TopicPartition(topic: "t", partition: 0): .offset(7)]
        }
        try await fixture.withConsumer(topics: ["t"], from: start) { consumer in
            let offsets = try await consumer.read(3).map(\.offset)
            #expect(offsets == [7, 8, 9])
            #expect(consumer.assignment == [TopicPartition(topic: "t", partition: 0)])
            #expect(await consumer.lag() == [TopicPartition(topic: "t", partition: 0): 0])
        }
        let calls = asked.withLock { $0 }
        #expect(calls.count == 3)
        #expect(calls.allSatisfy { $0.0 == [TopicPartition(topic: "t", partition: 0)] && $0.1 != nil })
    }

    @Test("Batches keep their limits and lose nothing between them")
    func limits() async throws {
        let fixture = try Fixture(topics: ["t": 1])
        try await fixture.produce(25, to: "t")
        try await fixture.withConsumer(topics: ["t"], from: fromTheBeginning) { consumer in
            var offsets: [Int64] = []
            try await eventually {
                let batch = try await consumer.next(maxRecords: 10)
                #expect(batch.records.count <= 10)
                offsets += batch.records.map(\.offset)
                return offsets.count >= 25
            }
            #expect(offsets == Array(0..<25))
        }
    }

    @Test("A record that arrives while a batch is awaited is returned soon, not when the wait is over")
    func latency() async throws {
        let fixture = try Fixture(topics: ["t": 1])
        try await fixture.produce(1, to: "t")
        try await fixture.withProducer { producer in
            try await fixture.withConsumer(topics: ["t"], from: fromTheBeginning) { consumer in
                _ = try await consumer.read(1)
                async let batch = consumer.next(idle: 10000)
                try await producer.send([record("t", "now")], timeoutMilliseconds: 5000)
                let acknowledged = ContinuousClock.now
                let count = try await batch.records.count
                #expect(count == 1)
                #expect(ContinuousClock.now - acknowledged < .seconds(5), "half of the wait")
            }
        }
    }

    @Test("An offset beyond the log is reported as a gap of a topic created anew, and reading goes on at its beginning")
    func recreated() async throws {
        let fixture = try Fixture(topics: ["t": 1])
        try await fixture.produce(5, to: "t")
        try await fixture.withConsumer(topics: ["t"], from: from(100)) { consumer in
            let gaps = try await consumer.readGaps()
            #expect(gaps == [Gap(topic: "t", partition: 0, expected: 100, resumedAt: 0, reason: .recreated)])
            let offsets = try await consumer.read(5).map(\.offset)
            #expect(offsets == [0, 1, 2, 3, 4])
        }
    }

    @Test("Records trimmed before they were read are reported as a gap, and the other partition loses nothing")
    func trimmed() async throws {
        let fixture = try Fixture(topics: ["t": 1, "u": 1])
        try await fixture.produce(20, to: "u")
        // The mock keeps 5 MiB of a partition.
        try await fixture.withProducer(extra: ["compression.type": "none"]) { producer in
            for index in 0..<16 {
                let value = [UInt8](repeating: UInt8(index), count: 500_000)
                try await producer.send([OutgoingRecord(topic: "t", key: [1], value: value)], timeoutMilliseconds: 5000)
            }
        }
        try await fixture.withConsumer(topics: ["t", "u"], from: from(2)) { consumer in
            var gaps: [Gap] = []
            var records: [IncomingRecord] = []
            try await eventually {
                let batch = try await consumer.next()
                gaps += batch.gaps
                records += batch.records
                return records.last { $0.topic == "t" }?.offset == 15 && records.last { $0.topic == "u" }?.offset == 19
            }
            let gap = try #require(gaps.first)
            #expect(gaps.count == 1)
            #expect(gap.reason == .trimmed && gap.expected == 2 && gap.resumedAt > 2)
            #expect(records.filter { $0.topic == "t" }.map(\.offset) == Array(gap.resumedAt...15))
            #expect(records.filter { $0.topic == "u" }.map(\.offset) == Array(2...19))
        }
    }

    @Test("Restart asks for positions again, voids the generation, and reads from there")
    func restart() async throws {
        let fixture = try Fixture(topics: ["t": 1])
        try await fixture.produce(10, to: "t")
        let position = Mutex<Int64>(0)
        let start: Consumer.StartPositions = { partitions, _ in
            [TopicPartition(topic: "t", partition: 0): .offset(position.withLock { $0 })]
        }
        try await fixture.withConsumer(topics: ["t"], from: start) { consumer in
            var generation = 0
            try await eventually {
                let batch = try await consumer.next(maxRecords: 4)
                generation = batch.generation
                return !batch.isEmpty
            }
            #expect(consumer.isCurrent(generation))
            position.withLock { $0 = 6 }
            await consumer.restart()
            #expect(!consumer.isCurrent(generation))
            let offsets = try await consumer.read(4).map(\.offset)
            #expect(offsets == [6, 7, 8, 9])
            position.withLock { $0 = 1 }
            await consumer.restart()
            let again = try await consumer.read(9).map(\.offset)
            #expect(again == Array(1...9))
        }
    }

    @Test("Holding keeps the membership and loses no record")
    func hold() async throws {
        let fixture = try Fixture(topics: ["t": 1])
        try await fixture.produce(3, to: "t")
        try await fixture.withProducer { producer in
            try await fixture.withConsumer(topics: ["t"], from: fromTheBeginning) { consumer in
                let first = try await consumer.read(1)
                var offsets = first.map(\.offset)
                var generation = 0
                for round in 0..<3 {
                    async let sent: Void = producer.send([record("t", "\(round)")], timeoutMilliseconds: 5000)
                    await consumer.hold(milliseconds: 100)
                    try await sent
                    let batch = try await consumer.next(maxRecords: 1)
                    offsets += batch.records.map(\.offset)
                    generation = batch.generation
                }
                // Longer than the session (6 s): without polling and heartbeats the partition would be gone.
                await consumer.hold(milliseconds: 6500)
                #expect(consumer.isCurrent(generation))
                try await eventually {
                    offsets += try await consumer.next().records.map(\.offset)
                    return offsets.count >= 6
                }
                #expect(offsets == [0, 1, 2, 3, 4, 5])
            }
        }
    }

    @Test("A second member takes over a part; the first one's generation ends, and both read everything together")
    func rebalance() async throws {
        let fixture = try Fixture(topics: ["t": 2])
        let first = try fixture.makeConsumer(topics: ["t"], from: fromTheBeginning)
        try await eventually {
            _ = try await first.next()
            return first.assignment.count == 2
        }
        let generation = try await first.next(idle: 10).generation
        let second = try fixture.makeConsumer(topics: ["t"], from: fromTheBeginning)
        try await eventually {
            _ = try await first.next(idle: 50)
            _ = try await second.next(idle: 50)
            return first.assignment.count == 1 && second.assignment.count == 1
        }
        #expect(!first.isCurrent(generation))
        #expect(Set(first.assignment + second.assignment).count == 2)
        await second.close()
        await first.close()
    }

    @Test("A second process with the same instance id makes the first one fail for good")
    func fenced() async throws {
        // The mock does not fence, but a fatal error of the instance is the same to us.
        let fixture = try Fixture(topics: ["t": 1])
        try await fixture.withConsumer(topics: ["t"], from: fromTheBeginning) { consumer in
            _ = try await consumer.next(idle: 10)
            consumer.provokeFatalError()
            var caught: KafkaError?
            try await eventually {
                do {
                    _ = try await consumer.next(idle: 50)
                    return false
                } catch {
                    caught = error as? KafkaError
                    return true
                }
            }
            #expect(caught?.code == .fatal)
            #expect(caught?.isRetriable == false)
        }
    }

    @Test("Cancellation ends the wait for a batch with an empty one")
    func cancellation() async throws {
        let fixture = try Fixture(topics: ["t": 1])
        try await fixture.withConsumer(topics: ["t"], from: fromTheBeginning) { consumer in
            let took = try await ContinuousClock().measure {
                try await withThrowingTaskGroup(of: RecordBatch.self) { group in
                    group.addTask { try await consumer.next(idle: 30000) }
                    group.cancelAll()
                    let batch = try await group.next()
                    #expect(batch?.isEmpty == true)
                }
            }
            #expect(took < .seconds(5))
        }
    }

    @Test("Closing is bounded with the broker down and while positions are awaited, and ends a waiting nextBatch")
    func close() async throws {
        let fixture = try Fixture(topics: ["t": 1])
        let asked = Mutex(0)
        let consumer = try fixture.makeConsumer(topics: ["t"]) { _, _ in
            asked.withLock { $0 += 1 }
            throw NotWithinTime()
        }
        try await eventually {
            _ = try await consumer.next()
            return asked.withLock { $0 } > 0
        }
        let waiting = Task { try await consumer.next(idle: 60000) }
        try fixture.broker.down()
        let took = await ContinuousClock().measure { await consumer.close() }
        #expect(took < .seconds(12))
        let error = await #expect(throws: KafkaError.self) { try await waiting.value }
        #expect(error?.code == .closed)
        await consumer.close()
    }

    @Test("Committed offsets are accepted and the broker's outage is ridden out")
    func outage() async throws {
        let fixture = try Fixture(topics: ["t": 1])
        try await fixture.produce(2, to: "t")
        try await fixture.withConsumer(topics: ["t"], from: fromTheBeginning) { consumer in
            _ = try await consumer.read(2)
            consumer.commitForLag([TopicPartition(topic: "t", partition: 0): 2])
            try fixture.broker.down()
            let quiet = try await consumer.next()
            #expect(quiet.isEmpty)
            try fixture.broker.up()
            try await fixture.produce(1, to: "t")
            let records = try await consumer.read(1)
            #expect(records.last?.offset == 2)
        }
    }
}

extension Fixture {
    /// Values "0", "1", ... with one key.
    func produce(_ count: Int, to topic: String) async throws {
        try await withProducer { try await $0.send((0..<count).map { record(topic, "\($0)") }, timeoutMilliseconds: 10000) }
    }
}

extension Consumer {
    fileprivate func readGaps() async throws -> [Gap] {
        var gaps: [Gap] = []
        try await eventually {
            let batch = try await self.next()
            gaps += batch.gaps
            return !gaps.isEmpty
        }
        return gaps
    }
}
