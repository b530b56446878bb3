import JSON
import Models
import Testing

@Suite struct LabelSetTests {
    static let labels: [Labels] = [
        [:], ["a": ""], ["service": "checkout", "alertname": "HighLatency", "a": "1", "ab": "2", "B": "3"],
        ["quote\"": "back\\slash", "line": "one\ntwo\u{1}", "ü": "€😀", "z": String(repeating: "long ", count: 200)],
    ]

    /// As the gateway makes it, from the bytes of a document.
    private static func read(_ labels: Labels) throws -> LabelSet {
        var writer = JSONWriter()
        writer.object { writer in labels.forEach { writer.field($0.key, $0.value) } }
        var set: LabelSet?
        #expect(try JSONDocument.parse(writer.bytes).root.lendTextMembers { set = LabelSet($0) })
        return try #require(set)
    }

    @Test(arguments: labels) func `it is the dictionary, whatever order the labels came in`(labels: Labels) throws {
        let set = LabelSet(labels)
        #expect(try LabelSetTests.read(labels) == set)
        #expect(Labels(set) == labels && set.count == labels.count && set.isEmpty == labels.isEmpty)
        #expect(set.map(\.key) == labels.sortedPairs.map(\.key))
        for (name, value) in labels { #expect(set[name] == value) }
        #expect(set["absent"] == nil && set[""] == nil)
    }

    @Test(arguments: labels) func `fingerprint and group are those of the dictionary`(labels: Labels) {
        let set = LabelSet(labels)
        #expect(Fingerprint(labels: set) == Fingerprint(labels: labels))
        let own = GroupingRules([GroupingRule(matchers: [LabelMatcher("a=1")].compactMap { $0 }, by: ["B", "ab"])])
        for rules in [GroupingRules.standard, own] {
            #expect(rules.key(for: set, fingerprint: Fingerprint("f")) == rules.key(for: labels, fingerprint: Fingerprint("f")))
        }
    }

    @Test func `members that are not all strings are not lent`() throws {
        for text in [#"{"a":"b","c":1}"#, #"["a"]"#, #""a""#] {
            let isLent = try JSONDocument.parse(Array(text.utf8)).root.lendTextMembers { _ in Issue.record("lent") }
            #expect(!isLent)
        }
    }

    /// The record is measured first and written then; the writer of other records says what it must be.
    @Test(arguments: labels, labels) func `a record is the JSON that the writer makes`(labels: Labels, annotations: Labels) {
        var signal = SignalCodecTests.firing
        signal.labels = labels
        signal.annotations = annotations
        signal.groupingKey = GroupingKey("service=\"\\\u{7}")
        signal.endsAt = Timestamp(microseconds: -62_135_596_800_000_001)
        signal.expiresAt = Timestamp(seconds: 400_000_000_000)
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("teamId", "11111111-1111-4111-8111-111111111111")
            writer.field("source", signal.source)
            writer.field("fingerprint", signal.fingerprint.text)
            writer.field("status", signal.status.rawValue)
            writer.field("startsAt", signal.startsAt.rfc3339)
            writer.field("endsAt", signal.endsAt?.rfc3339)
            writer.field("expiresAt", signal.expiresAt?.rfc3339)
            writer.field("groupingKey", signal.groupingKey.text)
            writer.field("labels", map: labels)
            writer.field("annotations", map: annotations)
            writer.field("generatorURL", signal.generatorURL)
            writer.field("receivedAt", signal.receivedAt.rfc3339)
            writer.field("traceparent", signal.traceparent)
        }
        #expect(String(decoding: signal.encode(), as: UTF8.self) == String(decoding: writer.bytes, as: UTF8.self))
    }
}
