import Models
import Postgres
import Store
import Testing

@Suite(.timeLimit(.minutes(10))) struct CommandStoreTests {
    private func command(_ id: String, _ incident: Incident, _ action: IncidentCommand.Action = .acknowledge) -> IncidentCommand {
        IncidentCommand(
            id: id, teamID: incident.teamID, incidentID: incident.id, action: action, actor: Actor(kind: .person, name: "ada"),
            assigneeID: nil, at: StoreDatabase.start)
    }

    private func carryOut(_ command: IncidentCommand, _ database: StoreDatabase) async throws -> CommandStore.Outcome {
        try await database.pool.withTransaction {
            try await CommandStore.carryOut(command, now: StoreDatabase.start.adding(seconds: 60), in: $0)
        }
    }

    @Test func `a command is done once; its repeat answers the incident, another like it is refused`() async throws {
        try await StoreDatabase.with { database in
            let incident = try await database.open().incident
            let done = try await carryOut(command("1", incident), database)
            let repeated = try await carryOut(command("1", incident), database)
            let refused = try await carryOut(command("2", incident), database)
            guard case .done(let event) = done else {
                Issue.record("not done: \(done)")
                return
            }
            #expect(event.kind == .acknowledged && event.incident.assigneeID == "ada")
            #expect(repeated == .repeated(event.incident))
            #expect(refused == .refused(.alreadyAcknowledged(by: "ada"), event.incident))
        }
    }

    @Test func `the repeat of a command that would apply again changes nothing`() async throws {
        try await StoreDatabase.with { database in
            let incident = try await database.open().incident
            _ = try await carryOut(command("1", incident, .resolve), database)
            let resolved = try #require(
                try await database.pool.withTransaction { try await IncidentStore.lock(incident.id, of: database.team, in: $0) })
            let reopened = resolved.reopened(by: .system("alert-grouper"), at: StoreDatabase.start, change: .init()) { _ in }
            try await database.save([reopened])
            #expect(try await carryOut(command("1", incident, .resolve), database) == .repeated(reopened.incident))
        }
    }

    @Test func `an unknown incident, or one of another team, is not found`() async throws {
        try await StoreDatabase.with { database in
            let incident = try await database.open().incident
            var foreign = command("1", incident)
            foreign.teamID = .random()
            var unknown = command("1", incident)
            unknown.incidentID = .random()
            #expect(try await carryOut(foreign, database) == .notFound)
            #expect(try await carryOut(unknown, database) == .notFound)
        }
    }

    @Test func `of many who acknowledge at once one succeeds`() async throws {
        try await StoreDatabase.with { database in
            let incident = try await database.open().incident
            let outcomes = try await withThrowingTaskGroup(of: CommandStore.Outcome.self) { group in
                for number in 0..<8 { group.addTask { try await carryOut(command("\(number % 4)", incident), database) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let done = outcomes.count { outcome in
                if case .done = outcome { return true }
                return false
            }
            #expect(done == 1)
            let events = try await database.pool.withTransaction {
                try await IncidentStore.events(of: incident.id, team: database.team, in: $0)
            }
            #expect(events.map(\.sequence) == [1, 2])
        }
    }
}
