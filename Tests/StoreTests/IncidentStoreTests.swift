import FoundationEssentials
import Models
import Postgres
import Store
import Testing

@Suite(.timeLimit(.minutes(10))) struct IncidentStoreTests {
    @Test func `an incident and its events are read as they were written`() async throws {
        try await StoreDatabase.with { database in
            let opened = try await database.open()
            var acknowledged = try opened.incident.acknowledged(
                by: Actor(kind: .person, name: "ada"), assignee: nil, at: StoreDatabase.start.adding(seconds: 5))
            acknowledged.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            try await database.save([acknowledged])
            let (incident, events, later) = try await database.pool.withTransaction { connection in
                (
                    try await IncidentStore.lock(opened.incident.id, of: database.team, in: connection),
                    try await IncidentStore.events(of: opened.incident.id, team: database.team, in: connection),
                    try await IncidentStore.events(of: opened.incident.id, team: database.team, from: 2, to: 9, in: connection)
                )
            }
            #expect(incident == acknowledged.incident)
            #expect(events == [opened, acknowledged])
            #expect(later == [acknowledged])
        }
    }

    @Test func `the event log keeps the record byte for byte`() async throws {
        try await StoreDatabase.with { database in
            let opened = try await database.open()
            let rows = try await database.pool.query("SELECT body FROM incident_events")
            #expect(try rows.first?.utf8("body") == opened.encode())
        }
    }

    @Test func `another team neither sees nor locks it`() async throws {
        try await StoreDatabase.with { database in
            let opened = try await database.open()
            let found = try await database.pool.withTransaction { try await IncidentStore.lock(opened.incident.id, of: .random(), in: $0) }
            let events = try await database.pool.withTransaction {
                try await IncidentStore.events(of: opened.incident.id, team: .random(), in: $0)
            }
            #expect(found == nil)
            #expect(events.isEmpty)
        }
    }

    @Test func `a group has at most one open incident`() async throws {
        try await StoreDatabase.with { database in
            try await database.open(number: 1)
            let error = await #expect(throws: PostgresError.self) { try await database.open(number: 2) }
            #expect(error?.isUniqueViolation == true)
            #expect(error?.constraint == "incidents_one_open")
            let other = try await database.open("service=cart", number: 3)
            try await database.save([try other.incident.resolved(by: .system("alert-grouper"), at: StoreDatabase.start)])
            try await database.open("service=cart", number: 4)
        }
    }

    @Test func `an incident that leaves its group and one that takes it can be saved at once`() async throws {
        try await StoreDatabase.with { database in
            let first = try #require(IncidentID("ffffffff-ffff-4fff-8fff-ffffffffffff"))
            let second = try #require(IncidentID("00000000-0000-4000-8000-000000000000"))
            let opened = try await database.open(number: 1, id: first)
            let retired = opened.incident.updated(by: .system("alert-grouper"), at: StoreDatabase.start, change: .init()) {
                $0.groupingKey = GroupingKey("service=checkout#1")
            }
            let successor = database.draft(number: 2, id: second).opened(
                by: .system("alert-grouper"), at: StoreDatabase.start, change: .init())
            try await database.save([retired, successor])
        }
    }

    @Test func `two writers of the same sequence do not both succeed`() async throws {
        try await StoreDatabase.with { database in
            let opened = try await database.open()
            let one = opened.incident.updated(by: .system("a"), at: StoreDatabase.start, change: .init()) { $0.alertCount = 1 }
            let other = opened.incident.updated(by: .system("b"), at: StoreDatabase.start, change: .init()) { $0.alertCount = 2 }
            try await database.save([one])
            let error = await #expect(throws: PostgresError.self) { try await database.save([other]) }
            #expect(error?.isUniqueViolation == true)
            let incident = try await database.pool.withTransaction {
                try await IncidentStore.lock(opened.incident.id, of: database.team, in: $0)
            }
            #expect(incident?.alertCount == 1)
        }
    }

    @Test func `the longest texts that Models lets pass fit`() async throws {
        try await StoreDatabase.with { database in
            var incident = database.draft()
            incident.title = Incident.cut(String(repeating: "👨‍👩‍👧‍👦", count: 300), to: Incident.maxTitleCharacters)
            let opened = incident.opened(by: .system("a"), at: StoreDatabase.start, change: .init())
            let acknowledged = try opened.incident.acknowledged(
                by: Actor(kind: .person, name: String(repeating: "é", count: 400)), assignee: nil, at: StoreDatabase.start)
            try await database.save([opened, acknowledged])
        }
    }

    @Test func `numbers rise and are never given twice`() async throws {
        try await StoreDatabase.with { database in
            let first = try await database.pool.withTransaction { try await IncidentStore.nextNumbers(3, in: $0) }
            let second = try await database.pool.withTransaction { try await IncidentStore.nextNumbers(2, in: $0) }
            #expect((first + second).sorted() == first + second)
            #expect(Set(first + second).count == 5)
        }
    }
}
