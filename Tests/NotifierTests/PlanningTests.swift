import Delivery
import Kafka
import Models
import Postgres
import ServiceKit
import Testing

@testable import notifier

/// From facts to rows of the ledger, against a real PostgreSQL.
@Suite(.timeLimit(.minutes(10))) struct PlanningTests {
    @Test func `an event becomes one row for each channel and part`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel("a-webhook")
            _ = try await database.addChannel("b-bot", type: "slack-bot")
            let opened = try await database.opened()
            let resolved = try await database.resolved(opened)
            let facts = try await database.plan([opened, resolved])
            let lines = try await database.lines()
            #expect(facts.isEmpty)
            // The bot edits its post and adds a line to the thread.
            #expect(lines.map(\.sequence) == [1, 1, 2, 2, 2])
            #expect(lines.map(\.part) == [0, 0, 0, 0, 1])
            #expect(lines.map(\.kind) == ["opened", "opened", "resolved", "resolved", "resolved"])
            #expect(lines.allSatisfy { $0.state == "pending" && $0.attempts == 0 && !$0.isFinished && $0.waitSeconds <= 0 })
        }
    }

    @Test func `the same events again write nothing more`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel("a")
            _ = try await database.addChannel("b")
            let opened = try await database.opened()
            let resolved = try await database.resolved(opened)
            try await database.plan([opened])
            let before = try await database.lines().map(\.id)
            try await database.plan([opened, opened])
            #expect(try await database.lines().map(\.id) == before)
            try await database.plan([opened, resolved])
            try await database.plan([resolved, opened])
            #expect(try await database.lines().count == 4)
        }
    }

    @Test func `a replay after the progress was lost writes nothing more and states no fact`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            let opened = try await database.opened(secondsAgo: 2 * 86_400)
            _ = try await database.resolved(opened)
            let facts = try await database.plan([opened])
            #expect(try facts.map { try NotificationRecord(decoding: $0.payload).reason } == ["too_old"])
            _ = try await database.pool.query("DELETE FROM consumer_progress")
            let again = try await database.plan([opened])
            #expect(again.isEmpty)
            #expect(try await database.lines().map(\.state) == ["suppressed"])
        }
    }

    @Test func `after an outage of days people are told once of what is still open, as it is now`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel("a-webhook")
            _ = try await database.addChannel("b-bot", type: "slack-bot")
            let opened = try await database.opened(severity: .low, secondsAgo: 3 * 86_400)
            let worse = try await database.updated(opened, severity: .critical, secondsAgo: 2 * 86_400)
            let over = try await database.opened(secondsAgo: 3 * 86_400)
            let ended = try await database.resolved(over, secondsAgo: 2 * 86_400)
            let facts = try await database.plan([opened, worse, over, ended])
            #expect(try facts.map { try NotificationRecord(decoding: $0.payload).reason } == Array(repeating: "too_old", count: 4))
            let told = try await database.lines().filter { $0.state == "pending" }
            // The webhook hears of it once; what is kept up to date gets its last state too.
            #expect(told.map { "\($0.incidentID)/\($0.sequence)" } == [opened.id, opened.id, worse.id])
            let events = try await database.claim().map { try IncidentEvent(decoding: $0.event) }
            #expect(events.count == 2 && events.allSatisfy { $0.kind == .opened && $0.incident.severity == .critical })
        }
    }

    @Test func `two replicas that plan the same event at once write one row`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            let opened = try await database.opened()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 { group.addTask { try await database.plan([opened]) } }
                try await group.waitForAll()
            }
            #expect(try await database.lines().count == 1)
        }
    }

    @Test func `an event that was missed is read from the log and goes first`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            let opened = try await database.opened()
            let resolved = try await database.resolved(opened)
            try await database.plan([resolved])
            #expect(try await database.lines().map(\.kind) == ["opened", "resolved"])
        }
    }

    @Test func `a channel gets what its severity, matchers and kinds say`() async throws {
        try await LedgerDatabase.with { database in
            let all = try await database.addChannel("all")
            let severe = try await database.addChannel("severe", minSeverity: .critical)
            let databases = try await database.addChannel(
                "databases",
                matchers: [
                    LabelMatcher(label: "service", operation: .matches, value: "db.*"),
                    LabelMatcher(label: "env", operation: .notEqual, value: "dev"),
                ])
            let ends = try await database.addChannel("ends", kinds: [.resolved])
            let low = try await database.opened(severity: .low, labels: ["service": "db-1", "env": "dev"])
            let high = try await database.opened(severity: .high, labels: ["service": "db-1", "env": "prod"])
            let critical = try await database.opened(severity: .critical, labels: ["service": "web"])
            let over = try await database.resolved(critical)
            let worse = try await database.updated(high, severity: .critical)
            try await database.plan([low, high, critical, over, worse])
            let told = Dictionary(grouping: try await database.lines(), by: \.channelID).mapValues { lines in
                Set(lines.map { "\($0.incidentID)/\($0.sequence)" })
            }
            #expect(told[all] == [low.id, high.id, critical.id, over.id])
            // The update makes the incident severe enough: to this channel it is news.
            #expect(told[severe] == [critical.id, over.id, worse.id])
            #expect(told[databases] == [high.id])
            #expect(told[ends] == [over.id])
        }
    }

    @Test func `nothing is planned for a channel that is off, or of another team`() async throws {
        try await LedgerDatabase.with { database in
            let channel = try await database.addChannel()
            _ = try await database.pool.query("UPDATE notification_channels SET enabled = false WHERE id = $1", [channel])
            _ = try await database.pool.query("INSERT INTO teams (slug, name) VALUES ('others', 'Others')")
            _ = try await database.pool.query(
                """
                INSERT INTO notification_channels (team_id, name, type, config)
                SELECT id, 'x', 'webhook', '{}' FROM teams WHERE slug = 'others'
                """)
            try await database.planOpened()
            #expect(try await database.lines().isEmpty)
        }
    }

    @Test(arguments: ["UPDATE notification_channels SET matchers = '{env}'", "UPDATE notification_channels SET kinds = '{escalated}'"])
    func `a route that cannot be read lets nothing through, rather than everything`(sql: String) async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.pool.withConnection { try await $0.execute(script: sql) }
            try await database.planOpened()
            #expect(try await database.lines().isEmpty)
        }
    }

    @Test func `a resolution that waits is taken back when the incident is back`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            var event = try await database.opened()
            for _ in 0..<2 {
                event = try await database.resolved(event)
                event = try await database.reopened(event)
            }
            let held = try await database.resolved(event)
            try await database.plan([held])
            while let delivery = try await database.claim().first {
                await database.record(.delivered(providerID: nil, threadReference: nil), of: delivery)
            }
            let waiting = try #require(try await database.lines().last)
            #expect(waiting.state == "pending" && waiting.kind == "resolved" && waiting.waitSeconds > 500)
            let facts = try await database.plan([try await database.reopened(held)])
            #expect(try facts.map { try NotificationRecord(decoding: $0.payload).reason } == ["flapping", "flapping"])
            let lines = try await database.lines()
            #expect(lines.map(\.state) == Array(repeating: "sent", count: 5) + ["suppressed", "suppressed"])
            #expect(lines[5].id == waiting.id)
            #expect(lines[5].isFinished && lines[5].lastError == "flapping")
        }
    }

    @Test func `an edit that waits is overtaken by a newer one, one that was tried is not`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel(type: "slack-bot")
            let opened = try await database.opened(severity: .low)
            let first = try await database.updated(opened, severity: .medium)
            let second = try await database.updated(first, severity: .high)
            let third = try await database.updated(second, severity: .critical)
            try await database.plan([opened])
            try await database.plan([first])
            let facts = try await database.plan([second])
            #expect(try facts.map { try NotificationRecord(decoding: $0.payload).reason } == ["superseded"])
            for _ in 0..<2 {
                let delivery = try #require(try await database.claim().first)
                await database.record(.delivered(providerID: nil, threadReference: "C1/1"), of: delivery)
            }
            try await database.plan([third])
            let tried = try #require(try await database.claim().first)
            await database.record(.retry(afterSeconds: nil, Refusal(.rejected)), of: tried)
            try await database.plan([try await database.updated(third, severity: .critical)])
            #expect(try await database.lines().map(\.state) == ["sent", "suppressed", "sent", "pending", "pending"])
        }
    }

    @Test func `what is no incident event is named as poison`() async throws {
        try await LedgerDatabase.with { database in
            let handler = IncidentHandler(registry: database.registry) { _ in }
            let fit = try await database.opened()
            let records = [fit.encode(), Array("{}".utf8)].map {
                IncomingRecord(topic: Topic.incidents.name, partition: 0, offset: 0, value: $0)
            }
            let poison = await #expect(throws: PoisonRecord.self) {
                try await database.pool.withTransaction {
                    try await handler.handle(records, in: $0, now: database.runtime.clock())
                }
            }
            #expect(poison?.index == 1)
        }
    }
}
