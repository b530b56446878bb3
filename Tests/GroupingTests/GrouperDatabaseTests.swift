import Grouping
import Kafka
import Models
import Postgres
import ServiceKit
import Store
import Testing

@testable import alert_grouper

/// The grouper's SQL against a real PostgreSQL.
@Suite(.timeLimit(.minutes(10))) struct GrouperDatabaseTests {
    @Test func `a batch becomes rows, history, events and facts`() async throws {
        try await GrouperDatabase.with { database in
            let facts = try await database.handle([
                Scene.firing("A", labels: ["severity": "critical", "env": "prod"], annotations: ["summary": "Quote \" and é"]),
                Scene.firing("B"), Scene.firing("A", received: 30),
            ])
            let resolved = try await database.handle([Scene.resolved("A"), Scene.resolved("B")], now: Scene.start.adding(seconds: 60))
            #expect(facts.map(\.type) == ["tocsin.incident.opened.v1"])
            #expect(resolved.map(\.type) == ["tocsin.incident.resolved.v1"])
            let incident = try #require(try await database.incidents().first)
            #expect(incident.status == .resolved && incident.alertCount == 2 && incident.firingCount == 0 && incident.sequence == 2)
            #expect(try IncidentEvent(decoding: resolved[0].payload).incident == incident)
            let events = try await database.pool.withConnection {
                try await IncidentStore.events(of: incident.id, team: database.team, in: $0)
            }
            #expect(events.map(\.kind) == [.opened, .resolved])
            #expect(events.map { $0.encode() } == (facts + resolved).map(\.payload))
            #expect(
                try await database.count("SELECT count(*) FROM alert_occurrences WHERE ends_at IS NOT NULL AND incident_id IS NOT NULL")
                    == 2)
        }
    }

    @Test func `the alert read back is the alert written`() async throws {
        try await GrouperDatabase.with { database in
            let signal = database.own(
                Scene.firing("A", expires: 600, labels: ["severity": "high", "é": "\"\\"], annotations: ["description": "a\nb"]))
            try await database.handle([signal])
            let alerts = try await database.pool.withTransaction { try await AlertStore.lock([signal.alertID], in: $0) }
            let alert = try #require(alerts.first)
            #expect(alert.labels == signal.labels && alert.annotations == signal.annotations)
            #expect(alert.startsAt == signal.startsAt && alert.expiresAt == signal.expiresAt && alert.lastSeenAt == signal.receivedAt)
            #expect(alert.incidentID != nil && alert.occurrence == 1)
        }
    }

    @Test func `two replicas that open the same group at once end with one incident`() async throws {
        try await GrouperDatabase.with { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for replica in 0..<6 {
                    group.addTask {
                        for alert in 0..<5 { try await database.handle([Scene.firing("A\(replica)-\(alert)")]) }
                    }
                }
                try await group.waitForAll()
            }
            let incidents = try await database.incidents()
            #expect(incidents.count == 1)
            #expect(incidents.first?.alertCount == 30)
            #expect(incidents.first?.firingCount == 30)
        }
    }

    @Test func `two replicas that see the same new alert at once store it once`() async throws {
        try await GrouperDatabase.with { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 { group.addTask { try await database.handle([Scene.firing("A")]) } }
                try await group.waitForAll()
            }
            #expect(try await database.count("SELECT repeats::int FROM alerts") == 5)
            #expect(try await database.incidents().map(\.alertCount) == [1])
        }
    }

    @Test func `an unread group that another replica opened is joined after the collision`() async throws {
        try await GrouperDatabase.with { database in
            let handler = GrouperDatabase.handler()
            try await database.pool.withTransaction { first in
                _ = try await handler.handle([database.record(Scene.firing("A"))], in: first, now: Scene.start)
                // The second reads before the first commits, then waits on the unique index.
                async let second = database.handle([Scene.firing("B")])
                _ = try await first.query("SELECT pg_sleep(0.3)")
                _ = try await first.query("COMMIT")
                #expect(try await second.map(\.type) == ["tocsin.incident.updated.v1"])
                _ = try await first.query("BEGIN")
            }
            #expect(try await database.incidents().count == 1)
        }
    }

    @Test func `the hold and the expiry come due as rows`() async throws {
        try await GrouperDatabase.with(TeamSettings(resolveHoldSeconds: 60)) { database in
            try await database.handle([Scene.firing("A", expires: 240)])
            let early = try await database.pool.withTransaction {
                try await DuePasses.expire(before: Scene.start.adding(seconds: 239), limit: 10, in: $0)
            }
            let expired = try await database.pool.withTransaction {
                try await DuePasses.expire(before: Scene.start.adding(seconds: 240), limit: 10, in: $0)
            }
            #expect(early.isEmpty)
            #expect(expired.events.map(\.kind) == [.updated])
            #expect(try await database.status("A") == "resolved")
            let held = try await database.pool.withTransaction {
                try await DuePasses.resolveDue(before: Scene.start.adding(seconds: 299), limit: 10, in: $0)
            }
            let due = try await database.pool.withTransaction {
                try await DuePasses.resolveDue(before: Scene.start.adding(seconds: 300), limit: 10, in: $0)
            }
            #expect(held.isEmpty)
            #expect(due.events.map(\.kind) == [.resolved])
        }
    }

    @Test func `the window of a team's own rule retires an idle incident`() async throws {
        try await GrouperDatabase.with { database in
            _ = try await database.pool.query(
                "INSERT INTO grouping_rules (team_id, position, by_labels, window_seconds) VALUES ($1, 1, '{service}', 300)",
                [database.team])
            try await database.handle([Scene.firing("A")])
            try await database.handle([Scene.firing("B", at: 301)], now: Scene.start.adding(seconds: 301))
            let incidents = try await database.incidents()
            #expect(incidents.map(\.status) == [.open, .open])
            #expect(incidents.map(\.groupingKey.text) == ["service=checkout#\(incidents[0].number)", "service=checkout"])
        }
    }

    @Test func `a resolved incident reopens within the window`() async throws {
        try await GrouperDatabase.with { database in
            try await database.handle([Scene.firing("A")])
            try await database.handle([Scene.resolved("A")], now: Scene.start.adding(seconds: 10))
            let facts = try await database.handle([Scene.firing("A", at: 20)], now: Scene.start.adding(seconds: 20))
            #expect(facts.map(\.type) == ["tocsin.incident.reopened.v1"])
            #expect(try await database.incidents().map(\.reopenCount) == [1])
            #expect(try await database.count("SELECT count(*) FROM alert_occurrences") == 2)
        }
    }

    @Test func `what cannot be read or stored is named as poison`() async throws {
        try await GrouperDatabase.with { database in
            let handler = GrouperDatabase.handler()
            var stranger = Scene.firing("A")
            stranger.teamID = .random()
            var null = database.own(Scene.firing("A"))
            null.labels["x"] = "\u{0}"
            let fit = database.record(Scene.firing("F"))
            let bad = [Array("{".utf8), Array("[]".utf8), stranger.encode(), null.encode(), []]
            for value in bad {
                let records = [fit, IncomingRecord(topic: "t", partition: 0, offset: 1, value: value)]
                let poison = await #expect(throws: PoisonRecord.self) {
                    try await database.pool.withTransaction { try await handler.handle(records, in: $0, now: Scene.start) }
                }
                #expect(poison?.index == 1)
            }
            let opened = try await database.incidents()
            #expect(opened.isEmpty)
        }
    }

    @Test func `a command is carried out once and a refused one is passed over`() async throws {
        try await GrouperDatabase.with { database in
            try await database.handle([Scene.firing("A")])
            let incident = try #require(try await database.incidents().first)
            let command = IncidentCommand(
                id: "slack/1", teamID: database.team, incidentID: incident.id, action: .acknowledge,
                actor: Actor(kind: .person, name: "ada"), assigneeID: nil, at: Scene.start)
            var second = command
            second.id = "slack/2"
            var unknown = command
            unknown.incidentID = .random()
            let records = [command, command, second, unknown].map {
                IncomingRecord(topic: Topic.commands.name, partition: 0, offset: 0, value: $0.encode())
            }
            let handler = CommandHandler(metrics: GrouperMetrics())
            let facts = try await database.pool.withTransaction { try await handler.handle(records, in: $0, now: Scene.start) }
            #expect(facts.map(\.type) == ["tocsin.incident.acknowledged.v1"])
            #expect(try await database.incidents().map(\.assigneeID) == ["ada"])
        }
    }

    @Test func `commands are carried out incident by incident, those of one incident in their order`() throws {
        let ids = (0..<3).map { _ in IncidentID.random() }.sorted()
        let commands = [2, 0, 1, 0, 2].enumerated().map { number, incident in
            IncidentCommand(
                id: "\(number)", teamID: Scene.team, incidentID: ids[incident], action: .acknowledge,
                actor: Actor(kind: .person, name: "ada"), assigneeID: nil, at: Scene.start)
        }
        let records = commands.map { IncomingRecord(topic: Topic.commands.name, partition: 0, offset: 0, value: $0.encode()) }
        #expect(try CommandHandler.inLockOrder(records).map(\.id) == ["1", "3", "2", "0", "4"])
    }

    @Test(arguments: 0..<6)
    func `the database ends as the simulation does`(seed: Int) async throws {
        var random = ConvergenceTests.SplitMix(state: UInt64(seed) + 77)
        let (signals, expected) = ConvergenceTests.script(&random)
        let mixed = (signals + signals).shuffled(using: &random)
        try await GrouperDatabase.with { database in
            for part in stride(from: 0, to: mixed.count, by: 5) {
                let now = Scene.start.adding(seconds: part)
                try await database.handle(Array(mixed[part..<min(part + 5, mixed.count)]), now: now)
            }
            for (name, status) in expected { #expect(try await database.status(name) == status.rawValue) }
            for incident in try await database.incidents() {
                let firing = try await database.pool.query(
                    "SELECT count(*) FROM alerts WHERE incident_id = $1 AND status = 'firing'", [incident.id])
                #expect(try firing.first?.int(0) == incident.firingCount)
                #expect((incident.status == .resolved) == (incident.firingCount == 0))
            }
        }
    }
}
