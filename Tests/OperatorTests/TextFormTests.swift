import Models
import Testing

@testable import tocsin

@Suite struct TextFormTests {
    @Test("Columns line up and no line ends in blanks")
    func table() {
        var table = Table("NAME", "STATE", "N")
        table.add("a", "sent", "1")
        table.add("longer", nil, "22")
        #expect(table.text(hasColour: false) == "NAME    STATE  N\na       sent   1\nlonger  -      22")
    }

    @Test("Colours do not move columns, and only known words have one")
    func colours() {
        var table = Table("STATE", "N")
        table.add("sent", "1")
        table.add("strange", "2")
        let plain = table.text(hasColour: true).replacingEscapes
        #expect(plain == table.text(hasColour: false))
        #expect(table.text(hasColour: true).contains("\u{1B}[32msent\u{1B}[0m"))
        #expect(!table.text(hasColour: true).contains("mstrange"))
    }

    @Test(
        "Text from outside cannot steer the terminal",
        arguments: [
            ("\u{1B}]0;owned\u{07}x", "\u{FFFD}]0;owned\u{FFFD}x"), ("a\r\nb", "a\u{FFFD}\u{FFFD}b"), ("\u{202E}abc", "\u{FFFD}abc"),
            ("\u{9B}31m", "\u{FFFD}31m"), ("Größe 🔴", "Größe 🔴"),
        ])
    func printable(text: String, expected: String) { #expect(Printable.line(text) == expected) }

    @Test("Spans of time", arguments: [("90s", 90), ("30m", 1800), ("24h", 86_400), ("7d", 604_800), ("45", 45), ("0s", 0)])
    func spans(text: String, seconds: Int) { #expect(TimeSpan(argument: text)?.seconds == seconds) }

    @Test("What is no span of time", arguments: ["", "s", "-1s", "1w", "1.5h", "h24", "99999999999999999999d", "400d"])
    func notSpans(text: String) { #expect(TimeSpan(argument: text) == nil) }

    @Test("A span is shown in the largest unit that fits")
    func spanText() {
        #expect([86_400, 172_800, 5400, 60, 90].map { TimeSpan(seconds: $0).description } == ["1d", "2d", "90m", "1m", "90s"])
    }

    @Test(
        "A setting is literal, in a file or in a variable",
        arguments: [
            ("url=https://a/b=c", ChannelSettingText.Origin.literal("https://a/b=c")), ("url=@/run/x", .file("/run/x")),
            ("url=env:HOOK", .variable("HOOK")), ("chatId=text:@room", .literal("@room")), ("url=", .literal("")),
        ])
    func settings(text: String, origin: ChannelSettingText.Origin) { #expect(ChannelSettingText(argument: text)?.origin == origin) }

    @Test("A setting without a name is none", arguments: ["=x", "x", ""])
    func badSettings(text: String) { #expect(ChannelSettingText(argument: text) == nil) }
}

@Suite struct GroupingRuleTextTests {
    @Test("A rule reads back as it was written")
    func roundTrip() throws {
        let text = #"by=service,region match=env="prod east" match=team!~"ops.*" window=3600"#
        let rule = try GroupingRuleText.parse(text)
        #expect(rule.by == ["service", "region"])
        #expect(rule.matchers.map(\.value) == ["prod east", "ops.*"])
        #expect(rule.windowSeconds == 3600)
        #expect(GroupingRuleText.text(of: rule) == text)
    }

    @Test(
        "A faulty rule is refused with its reason",
        arguments: [
            ("", "by=LABEL"), ("window=5", "by=LABEL"), ("by=", "empty"), ("by=a,,b", "empty"), ("by=a by=b", "twice"),
            ("by=a window=-1", "window"), ("by=a window=soon", "window"), ("by=a match=x", "condition"), ("by=a colour=red", "colour"),
            ("by=a red", "name=value"), ("by=a match=x=~[a]", "condition"),
        ])
    func faults(text: String, mentions: String) {
        let fault = #expect(throws: GroupingRuleText.Fault.self) { _ = try GroupingRuleText.parse(text) }
        #expect(fault?.reason.contains(mentions) == true)
    }
}

extension String {
    /// Without SGR sequences.
    fileprivate var replacingEscapes: String {
        var text = ""
        var isEscape = false
        for character in self {
            if character == "\u{1B}" { isEscape = true }
            if !isEscape { text.append(character) }
            if isEscape, character == "m" { isEscape = false }
        }
        return text
    }
}
