import Models
import Testing

/// Fingerprints, grouping keys, titles, actors, topics: what things are called.
@Suite struct NamingTests {
    /// Vectors of prometheus/common, model/signature_test.go.
    @Test(
        arguments: [
            ([:], 14_695_981_039_346_656_037),
            (["name": "garland, briggs", "fear": "love is not enough"], 5_799_056_148_416_392_346),
        ] as [([String: String], UInt64)])
    func `a fingerprint of labels is Prometheus's own`(labels: Labels, expected: UInt64) {
        let digits = String(expected, radix: 16)
        #expect(Fingerprint(labels: labels).text == String(repeating: "0", count: 16 - digits.count) + digits)
    }

    @Test func `a fingerprint keeps its leading zeros`() {
        let fingerprints = (0..<500).map { Fingerprint(labels: ["n": "\($0)"]).text }
        #expect(fingerprints.allSatisfy { $0.utf8.count == 16 })
        #expect(Set(fingerprints).count == 500)
    }

    @Test(
        arguments: [
            (["service": "checkout", "instance": "a:1", "alertname": "X"], "service=checkout"),
            (["service": "", "instance": "a:1", "alertname": "X"], "instance=a:1"), (["alertname": "X"], "alertname=X"),
            (["job": "x"], "alert=ab"), ([:], "alert=ab"),
        ] as [([String: String], String)])
    func `standard grouping is by service, then instance, then alert name`(labels: Labels, key: String) {
        #expect(GroupingRules.standard.key(for: labels, fingerprint: Fingerprint("ab")).text == key)
    }

    @Test func `the first rule that matches and whose labels are there decides`() throws {
        let rules = GroupingRules([
            GroupingRule(matchers: [try #require(LabelMatcher("env=prod"))], by: ["service", "region"], windowSeconds: 60),
            GroupingRule(by: ["service"]),
        ])
        let fingerprint = Fingerprint("ab")
        #expect(rules.key(for: ["env": "prod", "service": "a", "region": "eu"], fingerprint: fingerprint).text == "service=a,region=eu")
        #expect(rules.key(for: ["env": "prod", "service": "a"], fingerprint: fingerprint).text == "service=a")
        #expect(rules.key(for: ["env": "dev", "service": "a", "region": "eu"], fingerprint: fingerprint).text == "service=a")
        #expect(rules.rule(for: ["env": "prod", "service": "a", "region": "eu"])?.windowSeconds == 60)
    }

    @Test func `a long grouping key is cut, stays distinct and does not change when cut again`() {
        let long = String(repeating: "é", count: 600)
        let first = GroupingKey(long + "1")
        let second = GroupingKey(long + "2")
        #expect(first != second)
        #expect(first.text.utf8.count <= GroupingKey.maxBytes)
        #expect(GroupingKey(first.text) == first)
        #expect(GroupingKey(String(repeating: "x", count: 512)).text.utf8.count == 512)
    }

    @Test(
        arguments: [
            (["alertname": "Down", "service": "cart"], ["summary": "It is down"], "It is down (cart)"),
            (["alertname": "Down", "service": "cart"], ["summary": "cart is down"], "cart is down"),
            (["alertname": "Down", "instance": "a:1"], [:], "Down (a:1)"), (["alertname": "Down"], ["summary": "", "title": "T"], "T"),
            ([:], [:], "Alert ab"), (["job": "api", "alertname": "X"], [:], "X (api)"),
        ] as [([String: String], [String: String], String)])
    func `a title says what and where`(labels: Labels, annotations: Labels, title: String) {
        #expect(Incident.title(for: signal(labels, annotations)) == title)
    }

    @Test func `titles and descriptions fit their columns, counted as PostgreSQL counts`() {
        let family = "👨‍👩‍👧‍👦"
        let long = signal(
            [:], ["summary": String(repeating: family, count: 400), "description": String(repeating: "e\u{301}", count: 4000)])
        let title = Incident.title(for: long)
        #expect(title.unicodeScalars.count <= Incident.maxTitleCharacters)
        #expect(title.unicodeScalars.count > Incident.maxTitleCharacters - 8)
        #expect(title.hasSuffix(family + "…"))
        #expect(Incident.description(for: long).unicodeScalars.count <= Incident.maxDescriptionCharacters)
        #expect(Incident.cut("abc", to: 3) == "abc")
        #expect(Incident.cut("abcd", to: 3) == "ab…")
    }

    @Test func `an assignee fits its column`() throws {
        let event = try Golden.barrenIncident.acknowledged(
            by: Actor(kind: .person, name: String(repeating: "a", count: 300)), assignee: nil, at: Golden.at(1))
        #expect(event.incident.assigneeID?.unicodeScalars.count == 255)
    }

    @Test(arguments: ["system:alert-grouper", "key:ops:cli", "person:ada@example.com"])
    func `an actor is written and read`(text: String) {
        #expect(Actor(text)?.description == text)
    }

    @Test(arguments: ["", "ada", "ghost:ada", "person:", ":ada"])
    func `what is no actor is refused`(text: String) {
        #expect(Actor(text) == nil)
    }

    @Test func `an id is lower case and its type says what it names`() {
        #expect(TeamID("11111111-AAAA-4111-8111-111111111111")?.description == "11111111-aaaa-4111-8111-111111111111")
        for text in ["", "1", "11111111-AAAA-4111-8111-11111111111", "{11111111-AAAA-4111-8111-111111111111}"] {
            #expect(TeamID(text) == nil)
        }
    }

    @Test func `every topic is in the list once and says what it holds`() {
        #expect(Topic.all.count == 8)
        #expect(Set(Topic.all.map(\.name)).count == 8)
        for topic in Topic.all {
            #expect(topic.name.hasPrefix("tocsin."))
            #expect(
                topic.partitions > 0 && topic.retentionHours > 0 && !topic.holds.isEmpty && !topic.writers.isEmpty && !topic.key.isEmpty)
        }
        #expect(Topic.signals.partitions >= 32)
    }

    private func signal(_ labels: Labels, _ annotations: Labels) -> Signal {
        Signal(
            teamID: Golden.team, source: "s", fingerprint: Fingerprint("ab"), status: .firing, startsAt: Golden.at(0), endsAt: nil,
            expiresAt: nil, labels: labels, annotations: annotations, generatorURL: nil, groupingKey: GroupingKey("k"),
            receivedAt: Golden.at(0))
    }
}
