import Foundation
import Kafka
import Models
import Postgres
import TestKit
import Testing

@testable import ServiceKit

/// Real processes that die at a record, each a copy of this test program that runs a worker.
@Suite(.timeLimit(.minutes(10))) struct DeadlyRecordTests {
    /// Lives that end in the record before it is put aside.
    private static let deaths = Attempts.together + Attempts.alone

    /// The life of one worker: dies at a record `trap`, ends well when it has seen the last record.
    private static func live(broker: String, database: String) async throws {
        // The mock broker keeps the place of a dead member until its session is over, and lets a new group wait three seconds.
        let runtime = try Harness.runtime(
            broker: broker, databaseURL: database, kafkaProperties: "session.timeout.ms=4000;heartbeat.interval.ms=300")
        let handler = TableHandler { _, value in
            if value == "trap" { kill(getpid(), SIGKILL) }
        }
        let worker = BatchWorker(runtime: runtime, group: "example", topics: [.signals], maxRecords: 50, handler: handler)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await worker.run() }
            try await eventually("the last record") {
                try await runtime.pool.query("SELECT 1 FROM seen WHERE value = 'last'").isEmpty == false
            }
            tasks.cancelAll()
        }
        await runtime.close()
    }

    @Test("a record that kills its process is put aside after five deaths, once; the others take effect once")
    func deadly() async throws {
        try await Harness.run { harness in
            try await harness.produce(["a", "b", "trap", "c", "last"])
            let broker = harness.broker.bootstrapServers
            let database = harness.databaseURL
            for _ in 0..<Self.deaths {
                await #expect(processExitsWith: .signal(SIGKILL)) { [broker = broker as String, database = database as String] in
                    try await Self.live(broker: broker, database: database)
                }
            }
            #expect(try await harness.count("SELECT count(*) FROM dead_letters") == 0)
            await #expect(processExitsWith: .success) { [broker = broker as String, database = database as String] in
                try await Self.live(broker: broker, database: database)
            }
            #expect(try await harness.seen() == ["a", "b", "c", "last"])
            let letters = try await harness.runtime.pool.query("SELECT record_value, reason FROM dead_letters")
            #expect(letters.count == 1)
            #expect(try letters.first?.bytes("record_value") == Array("trap".utf8))
            #expect(try letters.first?.string("reason").contains("died 3 times") == true)
            #expect(try await harness.count("SELECT next_offset FROM consumer_offsets") == 5)
        }
    }

    @Test("a process killed from outside at the same batch again and again puts no record aside")
    func killedFromOutside() async throws {
        try await Harness.run { harness in
            try await harness.produce(["a", "b", "c"])
            // As any number of lives that ended in the batch leave it behind: beyond this only attempts alone count.
            _ = try await harness.runtime.pool.query(
                """
                INSERT INTO consumer_offsets
                    (consumer_group, topic, partition, cluster_id, next_offset, owner, attempted_offset, attempts)
                VALUES ('example', $1, 0, '', 0, 'dead', 0, $2)
                """, [Topic.signals.name, Attempts.together])
            let worker = BatchWorker(runtime: harness.runtime, group: "example", topics: [.signals], handler: TableHandler())
            try await harness.serving(worker) {
                try await eventually("all handled") { try await harness.seen() == ["a", "b", "c"] }
            }
            #expect(try await harness.count("SELECT count(*) FROM dead_letters") == 0)
            #expect(try await harness.count("SELECT next_offset FROM consumer_offsets") == 3)
        }
    }

    @Test("normal work is counted once for each assignment, and means nothing once the offset has moved")
    func cheap() async throws {
        try await Harness.run { harness in
            let worker = BatchWorker(runtime: harness.runtime, group: "example", topics: [.signals], maxRecords: 1, handler: TableHandler())
            try await harness.produce(["a", "b", "c"])
            try await harness.serving(worker) {
                try await eventually("all handled") { try await harness.seen() == ["a", "b", "c"] }
            }
            let row = try await harness.runtime.pool.query("SELECT next_offset, attempted_offset, attempts FROM consumer_offsets").first
            #expect(try row?.int("next_offset") == 3)
            #expect(try row?.int("attempted_offset") == 0)
            #expect(try row?.int("attempts") == 1)
        }
    }
}
