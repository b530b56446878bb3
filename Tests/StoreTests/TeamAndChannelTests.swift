import Models
import Postgres
import Store
import Testing

@Suite(.timeLimit(.minutes(10))) struct TeamAndChannelTests {
    @Test func `a team is found with its settings and its slug is its own`() async throws {
        try await StoreDatabase.with { database in
            let settings = TeamSettings(resolveHoldSeconds: 30, reopenWindowSeconds: 0)
            let id = try await database.pool.withTransaction {
                try await TeamStore.create(slug: "dev", name: "Développement", settings: settings, in: $0)
            }
            let team = try await database.pool.withConnection { try await TeamStore.find(slug: "dev", in: $0) }
            #expect(team?.id == id && team?.name == "Développement" && team?.settings == settings)
            let unknown = try await database.pool.withConnection { try await TeamStore.find(slug: "nobody", in: $0) }
            #expect(unknown == nil)
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.withTransaction { try await TeamStore.create(slug: "dev", name: "x", in: $0) }
            }
            #expect(error?.isUniqueViolation == true)
        }
    }

    @Test(arguments: ["", "Dev", "-dev", "a b", String(repeating: "a", count: 64)])
    func `a bad slug is refused`(slug: String) async throws {
        try await StoreDatabase.with { database in
            await #expect(throws: PostgresError.self) {
                try await database.pool.withTransaction { try await TeamStore.create(slug: slug, name: "x", in: $0) }
            }
        }
    }

    @Test func `grouping rules come in order; one that cannot be read whole takes nothing`() async throws {
        try await StoreDatabase.with { database in
            _ = try await database.pool.query(
                """
                -- rules
                INSERT INTO grouping_rules (team_id, position, matchers, by_labels, window_seconds) VALUES
                    ($1, 3, '{}', '{service}', 0),
                    ($1, 1, '{"env=\\"prod\\"","team=~ops.*"}', '{service,region}', 600),
                    ($1, 2, '{"env=~[a-z]+"}', '{instance}', 0)
                """, [database.team])
            let all = try await database.pool.withConnection { try await TeamStore.groupingRules(in: $0) }
            let rules = try #require(all[database.team]).rules
            #expect(rules.map(\.by) == [["service", "region"], ["service"]])
            #expect(rules.first?.windowSeconds == 600)
            #expect(rules.first?.matchers.map(\.description) == ["env=\"prod\"", "team=~\"ops.*\""])
        }
    }

    @Test func `a channel is read as it was written, and removed once`() async throws {
        try await StoreDatabase.with { database in
            let matchers = try ["env=prod", "service!~test.*"].map { try #require(LabelMatcher($0)) }
            let id = try await database.pool.withTransaction {
                try await ChannelStore.create(
                    team: database.team, name: "war room", type: "slack", config: #"{"url": "https://hooks.example.com/x"}"#,
                    minSeverity: .high, matchers: matchers, kinds: [.opened, .resolved], in: $0)
            }
            let listed = try await database.pool.withConnection { try await ChannelStore.list(teams: [database.team], in: $0) }
            let channel = try #require(listed.first)
            #expect(channel.id == id && channel.name == "war room" && channel.type == "slack" && channel.enabled)
            #expect(channel.minSeverity == .high && channel.matchers == matchers && channel.kinds == [.opened, .resolved])
            #expect(try await database.pool.withConnection { try await ChannelStore.list(teams: [.random()], in: $0) } == [])
            for (team, removed) in [(TeamID.random(), false), (database.team, true), (database.team, false)] {
                #expect(try await database.pool.withTransaction { try await ChannelStore.remove(id, team: team, in: $0) } == removed)
            }
        }
    }

    @Test func `a channel with a matcher that cannot be read gets nothing`() async throws {
        try await StoreDatabase.with { database in
            _ = try await database.pool.query(
                """
                -- bad channel
                INSERT INTO notification_channels (team_id, name, type, config, matchers) VALUES ($1, 'x', 'slack', '{}', '{"a=~b+"}')
                """, [database.team])
            let listed = try await database.pool.withConnection { try await ChannelStore.list(teams: [database.team], in: $0) }
            #expect(listed.map(\.enabled) == [false])
        }
    }
}
