import JSON
import Models
import TestKit
import Testing

@testable import tocsin

/// Dead letters from the table to the topic and back to the eye.
@Suite(.timeLimit(.minutes(10))) struct DeadLetterTests {
    private static let first = "11111111-1111-4111-8111-111111111111"
    private static let second = "22222222-2222-4222-8222-222222222222"

    private func withLetters(_ body: ([String: String]) async throws -> Void) async throws {
        let broker = try MockBroker(topics: [Topic.signals.name: 2])
        try await withTestDatabase { url in
            let environment = ["DATABASE_URL": url, "KAFKA_BROKERS": broker.bootstrapServers]
            try #require(await tocsin("migrate", "up", environment: environment).code == 0)
            try await runSQL(
                """
                INSERT INTO dead_letters (id, consumer_group, cluster_id, topic, partition, "offset", reason, record_key, record_value, headers,
                    created_at)
                VALUES
                ('\(Self.first)', 'alert-grouper', 'c', 'tocsin.signals', 1, 42, 'labels: is not an object', '\\x6b31', '\\xff00',
                    '[{"name":"ce_type","value":"t"},{"name":"ce_id","value":"one"}]', now() - interval '2 minutes'),
                ('\(Self.second)', 'alert-grouper', 'c', 'tocsin.signals', 0, 7, 'teamId: is missing', NULL, '\\x7b7d',
                    '[{"name":"ce_id","value":"two"}]', now() - interval '1 minute')
                """, at: url)
            try await body(environment)
        }
    }

    private func published(_ environment: [String: String]) async throws -> [JSONNode] {
        let run = await tocsin("tail", "signals", "--from", "beginning", "--no-follow", "--json", environment: environment)
        #expect(run.code == 0, "\(run.err)")
        return try run.out.split(separator: "\n").map { try JSONDocument.parse(Array($0.utf8)).root }
    }

    @Test("The list has the newest first; one is shown with all it has")
    func listAndShow() async throws {
        try await withLetters { environment in
            let list = try await tocsin("deadletters", "list", "--json", environment: environment).json()
            #expect(list.elements.map { $0["id"]?.string } == [Self.second, Self.first])
            let table = await tocsin("deadletters", "list", environment: environment)
            #expect(table.out.contains("tocsin.signals[1]@42") && table.out.contains("labels: is not an object"))
            let shown = try await tocsin("deadletters", "show", Self.first, "--json", environment: environment).json()
            #expect(shown["key"]?.string == "k1")
            #expect(shown["headers"]?["ce_id"]?.string == "one")
            #expect(shown["valueBase64"]?.string == "/wA=")
            #expect(await tocsin("deadletters", "show", Self.first, environment: environment).out.contains("header    ce_id: one"))
        }
    }

    @Test("Redrive publishes the original bytes, key and headers, marks the letter, and does not do it twice unasked")
    func redriveOne() async throws {
        try await withLetters { environment in
            #expect(await tocsin("deadletters", "redrive", Self.first, environment: environment).code == 0)
            let records = try await published(environment)
            #expect(records.count == 1)
            #expect(records.first?["key"]?.string == "k1")
            #expect(records.first?["valueBase64"]?.string == "/wA=")
            #expect(records.first?["headers"]?["ce_id"]?.string == "one")
            #expect(records.first?["headers"]?["ce_type"]?.string == "t")
            let open = try await tocsin("deadletters", "list", "--json", environment: environment).json().count
            #expect(open == 1)
            let all = try await tocsin("deadletters", "list", "--all", "--json", environment: environment).json().count
            #expect(all == 2)
            let again = await tocsin("deadletters", "redrive", Self.first, environment: environment)
            #expect(again.code == 2)
            #expect(again.err.contains("--again"))
            #expect(await tocsin("deadletters", "redrive", Self.first, "--again", environment: environment).code == 0)
            let afterAgain = try await published(environment).count
            #expect(afterAgain == 2)
        }
    }

    @Test("--all redrives each open letter once")
    func redriveAll() async throws {
        try await withLetters { environment in
            #expect(await tocsin("deadletters", "redrive", "--all", environment: environment).text == "redriven 2")
            let ids = try await Set(published(environment).compactMap { $0["headers"]?["ce_id"]?.string })
            #expect(ids == ["one", "two"])
            #expect(await tocsin("deadletters", "redrive", "--all", environment: environment).out.contains("no dead letters"))
            let afterSecond = try await published(environment).count
            #expect(afterSecond == 2)
        }
    }

    @Test("A letter that Kafka did not take stays open")
    func brokerRefuses() async throws {
        try await withLetters { environment in
            let away = environment.merging(["KAFKA_BROKERS": "127.0.0.1:1"]) { _, new in new }
            #expect(await tocsin("deadletters", "redrive", Self.first, environment: away).code == 69)
            let open = try await tocsin("deadletters", "list", "--json", environment: environment).json().count
            #expect(open == 2)
        }
    }

    @Test("Tail ends after --count, decodes what it can and says what it cannot")
    func tail() async throws {
        try await withLetters { environment in
            _ = await tocsin("deadletters", "redrive", "--all", environment: environment)
            let one = await tocsin("tail", "tocsin.signals", "--from", "beginning", "--count", "1", environment: environment)
            #expect(one.code == 0)
            #expect(one.text.split(separator: "\n").count == 1)
            #expect(one.out.contains("cannot be read"))
            let none = await tocsin(
                "tail", "signals", "--from", "beginning", "--no-follow", "--team", TeamID.random().description, environment: environment)
            #expect(none.code == 0 && none.out.isEmpty)
        }
    }

    @Test("A topic that Kafka does not have is 1, with its name")
    func unknownTopic() async throws {
        let broker = try MockBroker()
        let run = await tocsin("tail", "audit", environment: ["KAFKA_BROKERS": broker.bootstrapServers])
        #expect(run.code == 1)
        #expect(run.err.contains("tocsin.audit"))
    }

    @Test("Topics that exist are fine")
    func topicsExist() async throws {
        let broker = try MockBroker(topics: Dictionary(uniqueKeysWithValues: Topic.all.map { ($0.name, 1) }))
        let run = await tocsin("topics", "create", environment: ["KAFKA_BROKERS": broker.bootstrapServers])
        #expect(run.code == 0)
        #expect(run.out.contains("exists   tocsin.signals (1 partitions)"))
    }
}
