import Testing

@testable import tocsin

@Suite struct ParsingTests {
    @Test(
        "Every command has help that a stranger can read",
        arguments: [
            "", "migrate", "migrate up", "migrate down", "migrate status", "teams", "teams create", "teams list", "teams grouping", "keys",
            "keys create", "keys list", "keys rotate", "keys revoke", "channels", "channels add", "channels list", "channels test",
            "channels enable", "channels disable", "channels remove", "topics", "topics list", "topics create", "tail", "deadletters",
            "deadletters list", "deadletters show", "deadletters redrive", "fire-drill",
        ])
    func help(command: String) async {
        let run = await tocsin(command.split(separator: " ").map(String.init) + ["--help"])
        #expect(run.code == 0)
        #expect(run.out.contains("OVERVIEW: "))
        #expect(run.out.contains("USAGE: tocsin \(command)".trimmingTrailingBlank))
        #expect(run.err.isEmpty)
    }

    @Test(
        "A wrong command line exits with 64 and says what is wrong",
        arguments: [
            ("nonsense", "nonsense"), ("migrate sideways", "sideways"), ("migrate down", "--to"), ("migrate down --to 99", "--to"),
            ("migrate down --to -1 --yes", "--to"), ("teams create", "slug"), ("teams create Ops --name x", "slug"),
            ("teams create -- -ops --name x", "name"), ("teams create ops", "--name"),
            ("teams create ops --name x --resolve-hold -1", "hold"),
            ("teams create ops --name x --reopen-window 604801", "--reopen-window"), ("teams grouping ops --rule window=5", "by=LABEL"),
            ("teams grouping ops --rule by=a --reset", "exclude"), ("keys create --team a --kind root --name x", "kind"),
            ("keys create --team a --kind api --name x --source generic", "--source"),
            ("keys create --team a --kind api --name x --when-broker-away refuse", "--when-broker-away"),
            ("keys create --team a --kind ingest --name x --when-broker-away drop", "when-broker-away"),
            ("keys create --team a --kind api --name x --json --token-only", "exclude"), ("keys rotate 12", "id"),
            ("keys rotate 50d39916-46eb-4efd-9530-52ef10160ddc --grace soon", "grace"), ("keys revoke", "id"),
            ("channels add --team a --name b --type pigeon", "--type"), ("channels add --team a --name b --type slack --set url", "set"),
            ("channels add --team a --name b --type slack --min-severity worst", "severity"),
            ("channels add --team a --name b --type slack --match env", "match"),
            ("channels add --team a --name b --type slack --kind exploded", "kind"), ("channels test", "name"),
            ("topics create --replication 0", "--replication"), ("tail", "topic"), ("tail gossip", "gossip"),
            ("tail incidents --count 0", "--count"), ("tail incidents --from middle", "from"), ("deadletters show 1", "id"),
            ("deadletters redrive", "--all"), ("deadletters redrive 50d39916-46eb-4efd-9530-52ef10160ddc --all", "--all"),
            ("deadletters redrive --all --again", "--again"), ("deadletters list --limit 0", "--limit"), ("fire-drill", "--team"),
            ("fire-drill --team a --wait 2h", "--wait"), ("fire-drill --team a --label x", "label"),
        ])
    func usage(line: String, mentions: String) async {
        let run = await tocsin(line.split(separator: " ").map(String.init))
        #expect(run.code == 64)
        #expect(run.err.contains(mentions))
        #expect(run.out.isEmpty)
    }

    @Test(
        "Without its settings a command exits with 78 and names the variable",
        arguments: [
            ("migrate up", "DATABASE_URL"), ("migrate status", "DATABASE_URL"), ("teams list", "DATABASE_URL"),
            ("keys list", "DATABASE_URL"), ("channels list", "DATABASE_URL"), ("deadletters list", "DATABASE_URL"),
            ("topics create", "KAFKA_BROKERS"), ("tail incidents", "KAFKA_BROKERS"), ("deadletters redrive --all", "KAFKA_BROKERS"),
            ("fire-drill --team a", "TOCSIN_GATEWAY_URL"),
        ])
    func settings(line: String, variable: String) async {
        let run = await tocsin(line.split(separator: " ").map(String.init))
        #expect(run.code == 78)
        #expect(run.err.contains(variable))
    }

    @Test("A database that is away is 69, and its password is not told")
    func unavailable() async {
        let run = await tocsin("teams", "list", environment: ["DATABASE_URL": "postgresql://ada:hush-hush@127.0.0.1:1/none"])
        #expect(run.code == 69)
        #expect(run.err.contains("PostgreSQL"))
        #expect(!run.err.contains("hush-hush"))
    }

    @Test("A broker that is away is 69")
    func brokerAway() async {
        let run = await tocsin("tail", "incidents", environment: ["KAFKA_BROKERS": "127.0.0.1:1"])
        #expect(run.code == 69)
        #expect(run.err.contains("Kafka"))
    }

    @Test("The shells' completion scripts know the commands", arguments: ["bash", "zsh", "fish"])
    func completion(shell: String) async {
        let run = await tocsin("--generate-completion-script", shell)
        #expect(run.code == 0)
        #expect(run.out.contains("deadletters"))
    }

    @Test("Topics for scripts are name:partitions, one a line")
    func plainTopics() async {
        let run = await tocsin("topics", "--plain")
        #expect(run.code == 0)
        #expect(run.text.split(separator: "\n").contains("tocsin.signals:64"))
        #expect(run.text.split(separator: "\n").allSatisfy { $0.split(separator: ":").count == 2 })
    }
}

extension String {
    fileprivate var trimmingTrailingBlank: String { hasSuffix(" ") ? String(dropLast()) : self }
}
