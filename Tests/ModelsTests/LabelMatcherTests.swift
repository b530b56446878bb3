import Models
import Testing

@Suite struct LabelMatcherTests {
    @Test(arguments: [
        ("severity=critical", "severity", "critical", true), ("severity=critical", "severity", "high", false),
        ("severity = \"critical\"", "severity", "critical", true), ("env!=dev", "env", "prod", true), ("env!=dev", "env", "dev", false),
        ("service=~check.*|cart", "service", "checkout", true), ("service=~check.*|cart", "service", "cart", true),
        ("service=~check.*|cart", "service", "cartoon", false), ("service=~.*out", "service", "checkout", true),
        ("service=~.*", "service", "", true), ("service=~", "service", "", true), ("service=~", "service", "x", false),
        ("service=~a.*b.*c", "service", "a1b2c", true), ("service=~a.*b.*c", "service", "a1c2b", false),
        ("service=~a.*a", "service", "a", false), ("service=~a.*a", "service", "aa", true), ("team!~ops.*", "team", "ops-eu", false),
        ("team!~ops.*", "team", "dev", true), ("q=\"a=b!c\"", "q", "a=b!c", true), ("q=a=b", "q", "a=b", true),
        ("q=\"\"", "q", "", true), ("service=~a.b", "service", "a.b", true), ("service=~a.b", "service", "axb", false),
    ])
    func `a matcher holds or not`(text: String, label: String, value: String, holds: Bool) throws {
        #expect(try #require(LabelMatcher(text)).matches([label: value]) == holds)
    }

    @Test(arguments: [("env=", true), ("env!=", false), ("env=dev", false), ("env!=dev", true), ("env=~.*", true), ("env!~.+x", false)])
    func `a missing label counts as empty`(text: String, holds: Bool) {
        #expect((LabelMatcher(text)?.matches([:]) ?? false) == holds)
    }

    @Test(arguments: [
        "", "severity", "=critical", "!=x", "a b=c", "a!c", "a=~b+", "a=~[ab]", "a=~(a)", "a!~x?", "a=~\\d", "a=~^b$",
        "a=" + String(repeating: "x", count: 1024),
    ])
    func `what is no matcher is refused`(text: String) {
        #expect(LabelMatcher(text) == nil)
    }

    @Test(arguments: ["a=b", "a!=\"b c\"", "a=~x.*|y", "a!~z", "a=\"\"", "a=\"\"x\"\"", "a=\" x \""])
    func `its text form reads back as the same matcher`(text: String) throws {
        let matcher = try #require(LabelMatcher(text))
        #expect(LabelMatcher(matcher.description) == matcher)
    }

    @Test func `many wildcards against a long value end at once`() throws {
        let matcher = try #require(LabelMatcher("a=~" + String(repeating: ".*a", count: 200) + "b"))
        #expect(!matcher.matches(["a": String(repeating: "a", count: 20_000)]))
    }
}
