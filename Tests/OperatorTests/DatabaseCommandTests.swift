import JSON
import Models
import TestKit
import Testing

@testable import tocsin

/// The commands against a database of their own.
@Suite(.timeLimit(.minutes(10))) struct DatabaseCommandTests {
    private func withMigrated(_ body: ([String: String]) async throws -> Void) async throws {
        try await withTestDatabase { url in
            let environment = ["DATABASE_URL": url]
            try #require(await tocsin("migrate", "up", environment: environment).code == 0)
            try await body(environment)
        }
    }

    private func withTeam(_ body: ([String: String]) async throws -> Void) async throws {
        try await withMigrated { environment in
            try #require(await tocsin("teams", "create", "ops", "--name", "Ops", environment: environment).code == 0)
            try await body(environment)
        }
    }

    @Test("A database without a schema says which command mends it")
    func noSchema() async throws {
        try await withTestDatabase { url in
            let run = await tocsin("teams", "list", environment: ["DATABASE_URL": url])
            #expect(run.code == 69)
            #expect(run.err.contains("tocsin migrate up"))
        }
    }

    @Test("Migrations go up once, down only with --yes, and up again")
    func migrations() async throws {
        try await withTestDatabase { url in
            let environment = ["DATABASE_URL": url]
            let before = try await tocsin("migrate", "status", "--json", environment: environment).json()
            #expect(before.elements.allSatisfy { $0["appliedAt"] == nil })
            let first = await tocsin("migrate", "up", environment: environment)
            #expect(first.code == 0)
            #expect(first.text.split(separator: "\n").count == before.count)
            #expect(await tocsin("migrate", "up", environment: environment).out.contains("up to date"))
            let refused = await tocsin("migrate", "down", "--to", "1", environment: environment)
            #expect(refused.code == 2)
            #expect(refused.err.contains("--yes"))
            #expect(await tocsin("migrate", "down", "--to", "0", "--yes", environment: environment).code == 0)
            #expect(await tocsin("migrate", "down", "--to", "0", environment: environment).code == 0)
            #expect(await tocsin("migrate", "up", environment: environment).code == 0)
            let after = try await tocsin("migrate", "status", "--json", environment: environment).json()
            #expect(after.elements.allSatisfy { $0["appliedAt"] != nil })
        }
    }

    @Test("A team is made once; --if-absent makes the second time no failure")
    func teams() async throws {
        try await withMigrated { environment in
            let made = await tocsin(
                "teams", "create", "ops", "--name", "Ops & Co", "--resolve-hold", "30", "--reopen-window", "0", environment: environment)
            #expect(made.code == 0)
            #expect(TeamID(made.text) != nil)
            #expect(await tocsin("teams", "create", "ops", "--name", "x", environment: environment).code == 2)
            let again = await tocsin("teams", "create", "ops", "--name", "x", "--if-absent", environment: environment)
            #expect(again.code == 0)
            #expect(again.text == made.text)
            let list = try await tocsin("teams", "list", "--json", environment: environment).json()
            #expect(list.count == 1)
            #expect(list[0]?["slug"]?.string == "ops")
            #expect(list[0]?["name"]?.string == "Ops & Co")
            #expect(list[0]?["resolveHoldSeconds"]?.int == 30)
            #expect(list[0]?["reopenWindowSeconds"]?.int == 0)
        }
    }

    @Test("Grouping rules are replaced as a whole, in order, and reset to the standard ones")
    func grouping() async throws {
        try await withTeam { environment in
            let rules = ["by=service,region match=env=\"prod\" window=60", "by=service"]
            let set = await tocsin(["teams", "grouping", "ops"] + rules.flatMap { ["--rule", $0] }, environment: environment)
            #expect(set.code == 0)
            let shown = try await tocsin("teams", "grouping", "ops", "--json", environment: environment).json()
            #expect(shown["standard"]?.bool == false)
            #expect(shown["rules"]?[0]?["by"]?[1]?.string == "region")
            #expect(shown["rules"]?[0]?["match"]?[0]?.string == "env=\"prod\"")
            #expect(shown["rules"]?[0]?["windowSeconds"]?.int == 60)
            #expect(shown["rules"]?.count == 2)
            #expect(
                try await tocsin("teams", "grouping", "ops", "--rule", "by=job", "--json", environment: environment).json()["rules"]?.count
                    == 1)
            let reset = try await tocsin("teams", "grouping", "ops", "--reset", "--json", environment: environment).json()
            #expect(reset["standard"]?.bool == true)
            #expect(reset["rules"]?.count == 3)
            #expect(await tocsin("teams", "grouping", "nobody", environment: environment).code == 2)
        }
    }

    @Test("A key's token is told once; rotation keeps both valid; revocation ends one, once")
    func keys() async throws {
        try await withTeam { environment in
            let made = try await tocsin(
                "keys", "create", "--team", "ops", "--kind", "ingest", "--name", "am", "--source", "alertmanager",
                "--when-broker-away", "refuse", "--json", environment: environment
            ).json()
            let id = try #require(made["id"]?.string)
            let token = try #require(made["token"]?.string)
            #expect(token.hasPrefix("tk_ingest_"))
            let rotated = await tocsin("keys", "rotate", id, "--grace", "1h", "--token-only", environment: environment)
            #expect(rotated.text.hasPrefix("tk_ingest_") && rotated.text != token)
            let list = await tocsin("keys", "list", "--team", "ops", "--json", environment: environment)
            #expect(!list.out.contains(token))
            let listed = try list.json().elements.map { ($0["state"]?.string, $0["source"]?.string) }
            #expect(listed.contains { $0.0 == "expiring" })
            #expect(listed.allSatisfy { $0.1 == "alertmanager" })
            #expect(try list.json().elements.allSatisfy { $0["whenBrokerAway"]?.string == "refuse" })
            #expect(await tocsin("keys", "revoke", id, environment: environment).code == 0)
            #expect(await tocsin("keys", "revoke", id, environment: environment).code == 2)
            #expect(await tocsin("keys", "rotate", id, environment: environment).code == 2)
            #expect(await tocsin("keys", "list", environment: environment).out.contains("revoked"))
            #expect(await tocsin("keys", "create", "--team", "none", "--kind", "api", "--name", "x", environment: environment).code == 2)
        }
    }

    @Test("A channel is checked by its type, its secret never shown, and found by name")
    func channels() async throws {
        try await withTeam { environment in
            let secrets = environment.merging(["HOOK": "https://hooks.slack.example/services/T0/SECRET"]) { first, _ in first }
            let add = ["channels", "add", "--team", "ops", "--name", "chat", "--type", "slack"]
            let faulty = await tocsin(add + ["--set", "uri=x"], environment: secrets)
            #expect(faulty.code == 64)
            #expect(faulty.err.contains("uri") && faulty.err.contains("url"))
            #expect(await tocsin(add + ["--set", "url=env:NOTHING"], environment: secrets).code == 64)
            #expect(await tocsin(add + ["--set", "url=@/nowhere/at/all"], environment: secrets).code == 64)
            let route = ["--min-severity", "high", "--match", "env=\"prod\"", "--kind", "opened", "--kind", "resolved"]
            let added = await tocsin(add + ["--set", "url=env:HOOK"] + route, environment: secrets)
            #expect(added.code == 0)
            #expect(ChannelID(added.text) != nil)
            #expect(await tocsin(add + ["--set", "url=env:HOOK"], environment: secrets).code == 2)
            let list = await tocsin("channels", "list", "--json", environment: environment)
            #expect(!list.out.contains("SECRET"))
            let channel = try #require(try list.json()[0])
            #expect(channel["minSeverity"]?.string == "high")
            #expect(channel["match"]?[0]?.string == "env=\"prod\"")
            #expect(channel["kinds"]?.count == 2)
            #expect(channel["state"]?.string == "enabled")
            #expect(await !tocsin("channels", "list", environment: environment).out.contains("SECRET"))
            #expect(await tocsin("channels", "disable", "chat", environment: environment).code == 0)
            #expect(await tocsin("channels", "list", environment: environment).out.contains(" off "))
            #expect(await tocsin("channels", "enable", "chat", environment: environment).code == 0)
            #expect(await tocsin("channels", "remove", "chat", environment: environment).code == 0)
            #expect(await tocsin("channels", "remove", "chat", environment: environment).code == 2)
        }
    }

    @Test("Two teams' channels of one name must be told apart")
    func ambiguousChannel() async throws {
        try await withTeam { environment in
            #expect(await tocsin("teams", "create", "shop", "--name", "Shop", environment: environment).code == 0)
            for team in ["ops", "shop"] {
                let added = await tocsin(
                    "channels", "add", "--team", team, "--name", "chat", "--type", "slack", "--set", "url=https://hooks.slack.example/x",
                    environment: environment)
                #expect(added.code == 0)
            }
            let ambiguous = await tocsin("channels", "disable", "chat", environment: environment)
            #expect(ambiguous.code == 2)
            #expect(ambiguous.err.contains("--team"))
            #expect(await tocsin("channels", "disable", "chat", "--team", "shop", environment: environment).code == 0)
        }
    }

    @Test("A test message to a private address is refused, unless it is allowed, and does not tell the URL")
    func channelTestPolicy() async throws {
        try await withTeam { environment in
            _ = await tocsin(
                "channels", "add", "--team", "ops", "--name", "chat", "--type", "slack", "--set", "url=http://127.0.0.1:1/services/SECRET",
                environment: environment)
            let refused = await tocsin("channels", "test", "chat", environment: environment)
            #expect(refused.code == 1)
            #expect(refused.err.contains("addressRefused") && refused.err.contains("--allow-private"))
            let allowed = await tocsin("channels", "test", "chat", "--allow-private", environment: environment)
            #expect(allowed.code == 1)
            #expect(allowed.err.contains("connection"))
            #expect(!(refused.err + allowed.err).contains("SECRET"))
        }
    }
}
