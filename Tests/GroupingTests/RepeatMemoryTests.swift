import Grouping
import Models
import Postgres
import Testing

@testable import alert_grouper

/// The memory of repeats against a real PostgreSQL: what is answered from it must end as if the rows had been asked.
@Suite(.timeLimit(.minutes(10))) struct RepeatMemoryTests {
    private static func memory() -> RepeatMemory { RepeatMemory(limit: 100, touchSeconds: 5, metrics: GrouperMetrics()) }

    private static func at(_ seconds: Int) -> Timestamp { Scene.start.adding(seconds: seconds) }

    private func repeats(_ database: GrouperDatabase) async throws -> Int {
        try await database.count("SELECT sum(repeats)::int FROM alerts")
    }

    @Test func `repeats write no row until they are told, and then all of them`() async throws {
        try await GrouperDatabase.with { database in
            let memory = Self.memory()
            let handler = GrouperDatabase.handler(memory)
            try await database.handle([Scene.firing("A", expires: 300)], by: handler)
            let row = try await database.count("SELECT xmin::text::int FROM alerts")
            for second in 1...5 {
                try await database.handle(
                    [Scene.firing("A", received: second, expires: 300), Scene.firing("A", received: second, expires: 300 + second)],
                    by: handler, now: Self.at(second))
            }
            #expect(try await database.count("SELECT xmin::text::int FROM alerts") == row)
            #expect(try await memory.write(before: Self.at(2), limit: 10, pool: database.pool) == 0)
            #expect(try await memory.write(before: Self.at(6), limit: 10, pool: database.pool) == 1)
            let alert = try #require(
                try await database.pool.withTransaction { try await AlertStore.lock([database.own(Scene.firing("A")).alertID], in: $0) }
                    .first)
            #expect(alert.repeats == 10 && alert.lastSeenAt == Self.at(5) && alert.expiresAt == Self.at(305))
        }
    }

    @Test func `a batch that did not commit is not counted`() async throws {
        try await GrouperDatabase.with { database in
            let memory = Self.memory()
            let handler = GrouperDatabase.handler(memory)
            try await database.handle([Scene.firing("A")], by: handler)
            let record = database.record(Scene.firing("A", received: 1))
            for _ in 0..<3 {
                _ = try await database.pool.withTransaction { try await handler.handle([record], in: $0, now: Self.at(1)) }
            }
            #expect(try await memory.write(before: Self.at(60), limit: 10, pool: database.pool) == 0)
            await handler.committed([record])
            #expect(try await memory.write(before: Self.at(60), limit: 10, pool: database.pool) == 1)
            #expect(try await repeats(database) == 1)
        }
    }

    @Test func `a transaction that writes an alert tells of its repeats, and gives them back when it fails`() async throws {
        try await GrouperDatabase.with { database in
            let memory = Self.memory()
            let handler = GrouperDatabase.handler(memory)
            try await database.handle([Scene.firing("A")], by: handler)
            try await database.handle([Scene.firing("A", received: 1)], by: handler, now: Self.at(1))
            let worse = database.record(Scene.firing("A", received: 2, labels: ["severity": "critical"]))
            struct Undone: Error {}
            await #expect(throws: Undone.self) {
                try await database.pool.withTransaction { connection in
                    _ = try await handler.handle([worse], in: connection, now: Self.at(2))
                    throw Undone()
                }
            }
            #expect(try await repeats(database) == 0)
            try await database.handle([Scene.firing("A", received: 2, labels: ["severity": "critical"])], by: handler, now: Self.at(2))
            #expect(try await repeats(database) == 2)
            #expect(try await memory.write(before: Self.at(60), limit: 10, pool: database.pool) == 0)
        }
    }

    @Test func `after the partitions have moved the row is asked`() async throws {
        try await GrouperDatabase.with { database in
            let memory = Self.memory()
            let handler = GrouperDatabase.handler(memory)
            try await database.handle([Scene.firing("A")], by: handler)
            try await database.handle([Scene.firing("A", received: 1)], by: handler, now: Self.at(1))
            await handler.reset()
            try await database.handle([Scene.firing("A", received: 2)], by: handler, now: Self.at(2))
            #expect(try await repeats(database) == 1)
            #expect(try await memory.write(before: Self.at(60), limit: 10, pool: database.pool) == 1)
            #expect(try await repeats(database) == 2)
        }
    }

    @Test func `signals of one alert in one batch keep their order`() async throws {
        try await GrouperDatabase.with { database in
            let handler = GrouperDatabase.handler(Self.memory())
            try await database.handle([Scene.firing("A")], by: handler)
            let facts = try await database.handle(
                [Scene.firing("A", received: 1), Scene.resolved("A", end: 2), Scene.firing("A", received: 3)], by: handler, now: Self.at(3))
            #expect(facts.map(\.type) == ["tocsin.incident.resolved.v1"])
            #expect(try await database.status("A") == "resolved")
            #expect(try await repeats(database) == 1)
            // What is resolved is not taken for firing afterwards.
            try await database.handle([Scene.firing("A", received: 4)], by: handler, now: Self.at(4))
            #expect(try await repeats(database) == 1)
        }
    }

    @Test func `an alert that another process expired is not believed to fire`() async throws {
        try await GrouperDatabase.with { database in
            let handler = GrouperDatabase.handler(Self.memory())
            try await database.handle([Scene.firing("A", expires: 100)], by: handler)
            try await database.handle([Scene.firing("A", received: 4, expires: 104)], by: handler, now: Self.at(4))
            // The row says 100; the truth is 104. With the slack of the touches it is not resolved before.
            for second in [100, 104] {
                let early = try await database.pool.withTransaction {
                    try await DuePasses.expire(before: Self.at(second), slackSeconds: 5, limit: 10, in: $0)
                }
                #expect(early.isEmpty)
            }
            let expired = try await database.pool.withTransaction {
                try await DuePasses.expire(before: Self.at(105), slackSeconds: 5, limit: 10, in: $0)
            }
            #expect(expired.events.map(\.kind) == [.resolved])
            let facts = try await database.handle([Scene.firing("A", received: 106, expires: 206)], by: handler, now: Self.at(106))
            #expect(facts.map(\.type) == ["tocsin.incident.reopened.v1"])
            #expect(try await database.status("A") == "firing")
        }
    }

    @Test func `a touch of an alert that is over changes nothing`() async throws {
        try await GrouperDatabase.with { database in
            let memory = Self.memory()
            let handler = GrouperDatabase.handler(memory)
            try await database.handle([Scene.firing("A")], by: handler)
            try await database.handle([Scene.firing("A", received: 1)], by: handler, now: Self.at(1))
            // Another process, which has its own memory.
            try await database.handle([Scene.resolved("A", end: 2)], now: Self.at(2))
            _ = try await memory.write(before: Self.at(60), limit: 10, pool: database.pool)
            #expect(try await repeats(database) == 0)
            #expect(try await database.status("A") == "resolved")
        }
    }

    @Test(arguments: 0..<8) func `with the memory the rows end as without it`(seed: Int) async throws {
        var random = ConvergenceTests.SplitMix(state: UInt64(seed) + 501)
        let (signals, _) = ConvergenceTests.script(&random)
        // Each thrice, so that many are repeats; received in the order in which they are handled.
        var story = (signals + signals + signals).shuffled(using: &random)
        for index in story.indices { story[index].receivedAt = Self.at(60 + index / 8) }
        var rows: [[String]] = []
        for memory in [RepeatMemory(limit: 0, touchSeconds: 0, metrics: GrouperMetrics()), Self.memory()] {
            try await GrouperDatabase.with { database in
                let handler = GrouperDatabase.handler(memory)
                for part in stride(from: 0, to: story.count, by: 4) {
                    let now = Self.at(61 + part / 8)
                    try await database.handle(Array(story[part..<min(part + 4, story.count)]), by: handler, now: now)
                    if part % 16 == 0 { _ = try await memory.write(before: now, limit: 3, pool: database.pool) }
                }
                _ = try await memory.write(before: Self.at(10_000), limit: 100, pool: database.pool)
                rows.append(
                    try await database.pool.query(
                        "SELECT concat_ws(' ', fingerprint, status, starts_at, occurrence, repeats, last_seen_at) AS row FROM alerts ORDER BY 1"
                    ).map { try $0.string("row") })
            }
        }
        #expect(rows[0] == rows[1])
    }
}
