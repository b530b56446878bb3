import Kafka
import Models
import Postgres
import TestKit
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(10))) struct OutboxTests {
    private struct Refused: Error {}

    @Test("a fact is published after the commit and its row deleted")
    func publishes() async throws {
        try await Harness.run { harness in
            let answer = try await harness.runtime.transaction { connection in
                _ = try await connection.query("INSERT INTO seen (value) VALUES ('x')")
                return (42, [TableHandler.fact("a"), TableHandler.fact("b")])
            }
            #expect(answer == 42)
            #expect(try await harness.outboxRows() == 0)
            let records = try await harness.records(of: .incidents, count: 2)
            #expect(records.map { $0.header("ce_id") } == ["fact-a", "fact-b"])
            #expect(records.first?.header("ce_source") == "/tocsin/example")
            #expect(records.first?.value == Array(#"{"value":"a"}"#.utf8))
        }
    }

    @Test("what was rolled back is never published")
    func rolledBack() async throws {
        try await Harness.run { harness in
            await #expect(throws: Refused.self) {
                try await harness.runtime.transaction { connection -> (Int, [Fact]) in
                    _ = try await Outbox.insert([TableHandler.fact("never")], in: connection)
                    throw Refused()
                }
            }
            #expect(try await harness.outboxRows() == 0)
            _ = try await harness.runtime.transaction { _ in ((), [TableHandler.fact("later")]) }
            #expect(try await harness.records(of: .incidents, count: 1).first?.header("ce_id") == "fact-later")
        }
    }

    @Test("the relay publishes what a dead process left, in order, and nothing that is fresh")
    func relay() async throws {
        try await Harness.run { harness in
            let pool = harness.runtime.pool
            let facts = (0..<3).map { TableHandler.fact("left\($0)") }
            let rows = try await pool.withTransaction { try await Outbox.insert(facts, in: $0) }
            #expect(rows.map(\.id) == rows.map(\.id).sorted())
            #expect(try await OutboxRelay.pass(pool, harness.runtime.producer) == 0)
            _ = try await pool.query("UPDATE outbox SET created_at = now() - interval '1 minute'")
            let waiting = try await Outbox.backlog(pool)
            #expect(waiting.rows == 3)
            #expect(waiting.oldestSeconds >= 59)
            try await harness.serving(OutboxRelay(runtime: harness.runtime)) {
                try await eventually("drained") { try await harness.outboxRows() == 0 }
            }
            let records = try await harness.records(of: .incidents, count: 3)
            #expect(records.map { $0.header("ce_id") } == facts.map(\.id))
            #expect(records.map { $0.header("ce_time") } == facts.map { $0.time.rfc3339 })
        }
    }

    @Test("two relays share the work without publishing anything twice")
    func twoRelays() async throws {
        try await Harness.run { harness in
            let pool = harness.runtime.pool
            let facts = (0..<600).map { TableHandler.fact("f\($0)") }
            _ = try await pool.withTransaction { try await Outbox.insert(facts, in: $0) }
            _ = try await pool.query("UPDATE outbox SET created_at = now() - interval '1 minute'")
            async let one = OutboxRelay.pass(pool, harness.runtime.producer)
            async let two = OutboxRelay.pass(pool, harness.runtime.producer)
            #expect(try await one + two == 600)
            #expect(try await harness.outboxRows() == 0)
            let records = try await harness.records(of: .incidents, count: 600)
            #expect(Set(records.map { $0.header("ce_id") }).count == 600)
        }
    }

    @Test("with the broker away the transaction still commits, and the fact goes out when the broker is back")
    func brokerAway() async throws {
        try await Harness.run { harness in
            _ = try await harness.runtime.transaction { _ in ((), [TableHandler.fact("before")]) }
            try harness.broker.down()
            _ = try await harness.runtime.transaction { _ in ((), [TableHandler.fact("during")]) }
            #expect(try await harness.outboxRows() == 1)
            try harness.broker.up()
            try await harness.serving(OutboxRelay(runtime: harness.runtime)) {
                try await eventually("drained") { try await harness.outboxRows() == 0 }
            }
            let records = try await harness.records(of: .incidents, count: 2)
            #expect(records.map { $0.header("ce_id") } == ["fact-before", "fact-during"])
        }
    }
}
