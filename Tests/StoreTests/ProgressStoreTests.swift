import Models
import Postgres
import Store
import Testing

@Suite(.timeLimit(.minutes(10))) struct ProgressStoreTests {
    /// Five events of one incident, saved.
    private func life(_ database: StoreDatabase) async throws -> [IncidentEvent] {
        var events = [try await database.open()]
        for _ in 0..<4 {
            let last = events[events.count - 1].incident
            events.append(last.updated(by: .system("a"), at: StoreDatabase.start, change: .init()) { $0.alertCount += 1 })
        }
        try await database.save(Array(events.dropFirst()))
        return events
    }

    private func unseen(_ events: [IncidentEvent], _ database: StoreDatabase, group: String = "g") async throws -> [Int64] {
        try await database.pool.withTransaction { try await ProgressStore.unseen(events, by: group, in: $0) }.map(\.sequence)
    }

    @Test func `each event is new once, whatever comes twice`() async throws {
        try await StoreDatabase.with { database in
            let events = try await life(database)
            #expect(try await unseen([events[0], events[1], events[0]], database) == [1, 2])
            #expect(try await unseen([events[1], events[0]], database) == [])
            #expect(try await unseen([events[1], events[2]], database) == [3])
            #expect(try await unseen([], database) == [])
        }
    }

    @Test func `a missing event is read from the log and a late one is dropped`() async throws {
        try await StoreDatabase.with { database in
            let events = try await life(database)
            #expect(try await unseen([events[0]], database) == [1])
            #expect(try await unseen([events[3]], database) == [2, 3, 4])
            #expect(try await unseen([events[1], events[2]], database) == [])
            #expect(try await unseen([events[4]], database) == [5])
        }
    }

    @Test func `an inverted batch comes out in sequence`() async throws {
        try await StoreDatabase.with { database in
            let events = try await life(database)
            #expect(try await unseen(events.reversed(), database) == [1, 2, 3, 4, 5])
        }
    }

    @Test func `groups progress on their own`() async throws {
        try await StoreDatabase.with { database in
            let events = try await life(database)
            #expect(try await unseen(events, database, group: "notifier") == [1, 2, 3, 4, 5])
            #expect(try await unseen([events[0]], database, group: "metrics") == [1])
        }
    }

    @Test func `a rolled back transaction leaves the events new`() async throws {
        struct Crash: Error {}
        try await StoreDatabase.with { database in
            let events = try await life(database)
            await #expect(throws: Crash.self) {
                try await database.pool.withTransaction { connection in
                    _ = try await ProgressStore.unseen(events, by: "g", in: connection)
                    throw Crash()
                }
            }
            #expect(try await unseen(events, database) == [1, 2, 3, 4, 5])
        }
    }

    @Test func `handlers of the same incident at once get each event once between them`() async throws {
        try await StoreDatabase.with { database in
            let events = try await life(database)
            let parts = [events, Array(events.prefix(2)), Array(events.suffix(3)), events, [events[2]], events]
            let seen = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for part in parts { group.addTask { try await unseen(part, database) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(seen.sorted() == [1, 2, 3, 4, 5])
        }
    }

    @Test func `events of a deleted team are dropped`() async throws {
        try await StoreDatabase.with { database in
            let events = try await life(database)
            _ = try await database.pool.query("DELETE FROM teams")
            #expect(try await unseen(events, database) == [])
        }
    }
}
