import Kafka
import Models
import Postgres
import Synchronization
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(10))) struct BatchWorkerTests {
    private let group = "example"

    private func worker(_ harness: Harness, _ handler: TableHandler) -> BatchWorker {
        BatchWorker(runtime: harness.runtime, group: group, topics: [.signals], maxRecords: 50, handler: handler)
    }

    private func nextOffset(_ harness: Harness) async throws -> Int64? {
        try await harness.runtime.pool.query("SELECT next_offset FROM consumer_offsets").first?.int64(0)
    }

    @Test("every record takes effect once; its fact is published and its offset stored")
    func handles() async throws {
        try await Harness.run { harness in
            let values = (0..<120).map { "v\($0)" }
            try await harness.produce(values)
            let handler = TableHandler()
            try await harness.serving(worker(harness, handler)) {
                try await eventually("all handled") { try await harness.seen() == values }
                try await eventually("outbox drained") { try await harness.outboxRows() == 0 }
            }
            #expect(try await nextOffset(harness) == 120)
            #expect(handler.committedRecords == 120)
            let facts = try await harness.records(of: .incidents, count: 120)
            #expect(facts.map { $0.header("ce_id") } == values.map { "fact-\($0)" })
            #expect(facts.first?.header("ce_teamid") == TableHandler.team.description)
        }
    }

    @Test("a batch takes two round trips when its handler reads once, and one that only writes takes one")
    func roundTrips() async throws {
        try await Harness.run { harness in
            let pool = harness.runtime.pool
            let record = IncomingRecord(
                topic: "t", partition: 0, offset: 0, timestampMilliseconds: 0, key: nil, value: Array("a".utf8), headers: [])
            for (offset, handler, expected) in [(0, TableHandler(), 2), (1, TableHandler(isQueueing: true), 1)] {
                let transaction = BatchTransaction(pool: pool, group: "g", handler: handler, clock: harness.runtime.clock)
                let partition = TopicPartition(topic: "t", partition: 0)
                let step = OffsetAdvance.Step(
                    partition: partition, expected: offset == 0 ? nil : StoredOffset(clusterID: "c", next: 1), next: Int64(offset + 1))
                let before = pool.roundTrips
                let outcome = await transaction.run(
                    BatchWork([record]), OffsetAdvance(group: "g", owner: "o", clusterID: "c", steps: [step]))
                guard case .committed(let rows) = outcome else { throw NotInTime(what: "committed") }
                #expect(rows.count == 1)
                #expect(pool.roundTrips - before == expected)
            }
            #expect(try await harness.seen() == ["a", "a"])
        }
    }

    @Test("a worker that starts again goes on where the last one committed")
    func goesOn() async throws {
        try await Harness.run { harness in
            try await harness.produce(["a", "b"])
            try await harness.serving(worker(harness, TableHandler())) {
                try await eventually("first two") { try await harness.seen() == ["a", "b"] }
            }
            try await harness.produce(["c"])
            try await harness.serving(worker(harness, TableHandler())) {
                try await eventually("third") { try await harness.seen().count >= 3 }
            }
            #expect(try await harness.seen() == ["a", "b", "c"])
        }
    }

    @Test("a worker whose offset another process has moved is fenced off and goes on from there")
    func fenced() async throws {
        try await Harness.run { harness in
            try await harness.produce(["a"])
            try await harness.serving(worker(harness, TableHandler())) {
                try await eventually("first") { try await harness.seen() == ["a"] }
                // Another process has handled the next two, as after a rebalance that this one has slept through.
                _ = try await harness.runtime.pool.query("UPDATE consumer_offsets SET next_offset = next_offset + 2, owner = 'other'")
                try await harness.produce(["b", "c", "d"])
                try await eventually("the fourth") { try await harness.seen().contains("d") }
            }
            #expect(try await harness.seen() == ["a", "d"])
            #expect(try await nextOffset(harness) == 4)
        }
    }

    @Test("of two compare-and-sets from the same offset the second one fails, also when there is no row yet")
    func compareAndSet() async throws {
        try await Harness.run { harness in
            let pool = harness.runtime.pool
            func advance(_ owner: String, from expected: Int64?, to next: Int64) async throws -> Bool {
                let step = OffsetAdvance.Step(
                    partition: TopicPartition(topic: "t", partition: 0), expected: expected.map { StoredOffset(clusterID: "c", next: $0) },
                    next: next)
                do {
                    try await pool.withTransaction {
                        OffsetAdvance(group: "g", owner: owner, clusterID: "c", steps: [step]).queue(in: $0)
                        // With COMMIT in the same round trip, whatever follows must not pass either.
                        $0.queue("INSERT INTO seen (value) VALUES ($1)", [owner])
                    }
                    return true
                } catch  where BatchFailure(error) == .fenced {
                    return false
                }
            }
            var succeeded = [try await advance("one", from: nil, to: 5)]
            succeeded.append(try await advance("two", from: nil, to: 7))
            succeeded.append(try await advance("two", from: 5, to: 9))
            succeeded.append(try await advance("one", from: 5, to: 8))
            #expect(succeeded == [true, false, true, false])
            let stored = try await nextOffset(harness)
            #expect(stored == 9)
            #expect(try await harness.seen() == ["one", "two"])
        }
    }

    @Test("a record that the handler calls unfit goes to the dead letters, and the rest goes on")
    func poison() async throws {
        try await Harness.run { harness in
            try await harness.produce(["a", "bad", "b", "bad", "c"])
            let handler = TableHandler { index, value in
                if value == "bad" { throw PoisonRecord(index: index, reason: "not fit") }
            }
            try await harness.serving(worker(harness, handler)) {
                try await eventually("the rest") { try await harness.seen() == ["a", "b", "c"] }
            }
            let letters = try await harness.runtime.pool.query(
                "SELECT \"offset\", reason, record_value, record_key, headers->0->>'value' AS ce_id FROM dead_letters ORDER BY 1")
            #expect(try letters.map { try $0.int64("offset") } == [1, 3])
            for letter in letters {
                #expect(try letter.string("reason") == "not fit")
                #expect(try letter.bytes("record_value") == Array("bad".utf8))
            }
            let first = try #require(letters.first)
            #expect(try first.bytes("record_key") == Array("key".utf8))
            #expect(try first.string("ce_id") == "id-bad")
            let published = try await harness.records(of: .deadletter, count: 2)
            #expect(published.map { $0.header("tocsin_origin_offset") } == ["1", "3"])
            #expect(published.first?.value == Array("bad".utf8))
            #expect(published.first?.header("tocsin_origin_topic") == Topic.signals.name)
            #expect(published.first?.header("tocsin_reason") == "not fit")
            #expect(published.first?.header("ce_id") == "id-bad")
        }
    }

    @Test("a record that only makes the handler fail is found and put aside")
    func defect() async throws {
        try await Harness.run { harness in
            let values = (0..<17).map { $0 == 11 ? "bug" : "v\($0)" }
            try await harness.produce(values)
            let handler = TableHandler { _, value in
                if value == "bug" { throw TableHandler.Bug() }
            }
            try await harness.serving(worker(harness, handler)) {
                try await eventually("the rest") { try await harness.seen().count >= 16 }
            }
            #expect(try await harness.seen() == values.filter { $0 != "bug" })
            #expect(try await harness.count("SELECT \"offset\" FROM dead_letters") == 11)
            #expect(try await nextOffset(harness) == 17)
        }
    }

    @Test("a statement that the schema refuses is not the records' fault: they wait")
    func schemaFault() async throws {
        try await Harness.run { harness in
            _ = try await harness.runtime.pool.query("ALTER TABLE seen RENAME TO hidden")
            try await harness.produce(["a"])
            let attempts = Mutex(0)
            let handler = TableHandler { _, _ in attempts.withLock { $0 += 1 } }
            try await harness.serving(worker(harness, handler)) {
                try await eventually("some attempts") { attempts.withLock { $0 } >= 4 }
                _ = try await harness.runtime.pool.query("ALTER TABLE hidden RENAME TO seen")
                try await eventually("handled") { try await harness.seen() == ["a"] }
            }
            #expect(try await harness.count("SELECT count(*) FROM dead_letters") == 0)
        }
    }

    @Test("PostgreSQL going away in the middle of a batch loses nothing and doubles nothing")
    func databaseRestart() async throws {
        try await Harness.run { harness in
            let values = (0..<200).map { "v\($0)" }
            let isCut = Mutex(false)
            let handler = TableHandler { _, value in
                guard value == "v70",
                    isCut.withLock({ cut in
                        defer { cut = true }; return !cut
                    })
                else { return }
                try await harness.databaseAway(true)
            }
            try await harness.produce(values)
            try await harness.serving(worker(harness, handler), OutboxRelay(runtime: harness.runtime)) {
                try await eventually("the cut") { isCut.withLock { $0 } }
                try await eventually("not ready") {
                    await harness.runtime.health.refresh()
                    return !harness.runtime.health.isReady
                }
                try await harness.databaseAway(false)
                try await eventually("all handled") { try await harness.seen().count >= values.count }
                try await eventually("outbox drained") { try await harness.outboxRows() == 0 }
                try await eventually("ready again") {
                    await harness.runtime.health.refresh()
                    return harness.runtime.health.isReady
                }
            }
            #expect(try await harness.seen() == values)
            #expect(try await nextOffset(harness) == 200)
            let facts = try await harness.records(of: .incidents, count: 200)
            #expect(Set(facts.compactMap { $0.header("ce_id") }) == Set(values.map { "fact-\($0)" }))
        }
    }

    @Test("a connection that breaks during COMMIT is looked into, and nothing is lost or doubled")
    func commitUnknown() async throws {
        try await Harness.run { harness in
            // The server kills its own session in the middle of COMMIT, as long as the flag is there.
            let admin = harness.runtime.pool
            for statement: StaticString in [
                "CREATE TABLE trap (armed boolean)", "INSERT INTO trap VALUES (true)",
                """
                CREATE FUNCTION spring() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN IF EXISTS (SELECT FROM trap) THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END $$
                """,
                """
                CREATE CONSTRAINT TRIGGER trap AFTER INSERT ON seen DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION spring()
                """,
            ] { _ = try await admin.query(statement) }
            let attempts = Mutex(0)
            let handler = TableHandler { _, _ in attempts.withLock { $0 += 1 } }
            try await harness.produce(["a"])
            try await harness.serving(worker(harness, handler)) {
                try await eventually("some attempts") { attempts.withLock { $0 } >= 3 }
                _ = try await admin.query("DELETE FROM trap")
                try await eventually("handled") { try await harness.seen() == ["a"] }
            }
            #expect(try await nextOffset(harness) == 1)
            #expect(try await harness.records(of: .incidents, count: 1).first?.header("ce_id") == "fact-a")
        }
    }

    @Test("after a COMMIT whose answer was lost, the rows say that it is done")
    func verifiesCommit() async throws {
        try await Harness.run { harness in
            let partition = TopicPartition(topic: "t", partition: 0)
            let positions = ConsumerPositions(
                group: "g", owner: "o", pool: harness.runtime.pool, batchRecords: 10, otherBroker: { _, _ in })
            #expect(try await positions.load([partition], clusterID: "c") == [partition: .earliest])
            let advance = positions.advance(to: [partition: 5])
            #expect(try await positions.verify(advance) == .notDone)
            try await harness.runtime.pool.withTransaction { advance.queue(in: $0) }
            #expect(try await positions.verify(advance) == .done)
            positions.committed(advance)
            #expect(try await positions.verify(positions.advance(to: [partition: 7])) == .notDone)
            _ = try await harness.runtime.pool.query("UPDATE consumer_offsets SET next_offset = 6")
            #expect(try await positions.verify(positions.advance(to: [partition: 7])) == .fenced)
            #expect(try await positions.load([partition], clusterID: "c") == [partition: .offset(6)])
        }
    }

    @Test("offsets of another cluster mean nothing: the worker starts at the beginning and says so")
    func otherBroker() async throws {
        try await Harness.run { harness in
            _ = try await harness.runtime.pool.query(
                """
                INSERT INTO consumer_offsets (consumer_group, topic, partition, cluster_id, next_offset, owner)
                VALUES ($1, $2, 0, 'elsewhere', 1000, 'before')
                """, [group, Topic.signals.name])
            try await harness.produce(["a", "b"])
            try await harness.serving(worker(harness, TableHandler())) {
                try await eventually("both") { try await harness.seen() == ["a", "b"] }
            }
            #expect(try await nextOffset(harness) == 2)
        }
    }
}
