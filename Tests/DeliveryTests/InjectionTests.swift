import Delivery
import FoundationEssentials
import JSON
import Models
import Testing

/// Text from alerts is text wherever it arrives.
@Suite struct InjectionTests {
    struct Payload: Sendable, CustomTestStringConvertible {
        let text: String
        init(_ text: String) { self.text = text }
        /// Short, and without the signs that would disturb a terminal.
        var testDescription: String {
            String(text.unicodeScalars.filter { $0.value > 31 && $0.value < 127 }.prefix(40).map(Character.init))
        }
    }

    static let payloads = [
        "<!channel> <!here> <!everyone> <@U012AB3CD> <#C012AB3CD> <!subteam^S012> <http://evil.example|https://good.example>",
        "<script>alert(1)</script><img src=x onerror=alert(1)>\"><svg/onload=alert(1)>' onmouseover='alert(1)",
        "</b></a><a href=\"https://evil.example\">click</a><b>", "&lt;b&gt; &amp; &#60;script&#62;",
        "Subject\r\nBcc: victim@example.com\r\n\r\nbody\n.\n.\r\nMAIL FROM:<x@y>",
        "*bold* _it_ ~no~ `code` ```block``` [link](https://evil.example) ||spoiler|| > quote # head + - = | { } . ! \\",
        "=?UTF-8?B?QmNjOiB4QHk=?= \u{202E}gnp.exe\u{2066} \u{0000}\u{001B}[31m\u{7F}", "{actor} {severity} {{mustache}} ${x} %s {",
        "ends in a backslash \\", "_\u{301}*\u{338}<\u{338}b>", String(repeating: "<&>\"'*_", count: 2000),
        String(repeating: "é🙂", count: 3000),
        "zalgo" + String(repeating: "\u{301}", count: 9000) + "x",
    ].map(Payload.init)

    private func events(_ payload: Payload) throws -> [IncidentEvent] {
        let payload = payload.text
        let incident = Fixture.incident(
            title: payload, description: payload, labels: ["service": payload, "instance": payload, "alertname": payload, payload: payload])
        var events = try IncidentEvent.Kind.allCases.map {
            try Fixture.event($0, incident, actor: Actor(kind: .person, name: payload))
        }
        for index in events.indices {
            events[index].change.reason = payload
            events[index].incident.assigneeID = payload
        }
        return events
    }

    /// Every string in a JSON value that has the key `text`.
    private func texts(_ node: JSONNode) -> [(type: String?, text: String)] {
        switch node.kind {
        case .object:
            let own = node["text"]?.string.map { [(node["type"]?.string, $0)] } ?? []
            return own + node.members.flatMap { texts($0.value) }
        case .array: return node.elements.flatMap { texts($0) }
        default: return []
        }
    }

    @Test(arguments: payloads, ["slack", "slack-bot"]) func slackShowsAlertTextLiterally(_ payload: Payload, _ type: String) throws {
        let channel = try Fixture.channel(type)
        for event in try events(payload) {
            for part in [DeliveryPart.main, .reply] {
                let body = try Fixture.body(channel.render(Fixture.context(event, part: part, thread: Fixture.thread(type))))
                for (kind, text) in texts(body) {
                    if kind == "mrkdwn" {
                        #expect(text == "<https://tocsin.example.com/incidents/\(Fixture.incidentID)|Open in Tocsin>")
                    } else {
                        #expect(!text.contains("<") && !text.contains(">"))
                        #expect(text.utf16.count <= (kind == "plain_text" ? 3000 : 4000))
                        #expect(!text.isEmpty)
                    }
                }
                try checkBlockKit(body)
            }
        }
    }

    /// Limits of Block Kit: https://docs.slack.dev/reference/block-kit/blocks
    private func checkBlockKit(_ body: JSONNode) throws {
        let blocks = Array(try #require(body["blocks"]).elements)
        #expect((1...50).contains(blocks.count))
        for block in blocks {
            switch block["type"]?.string {
            case "header": #expect((1...150).contains(block["text"]?["text"]?.string?.utf16.count ?? 0))
            case "section":
                for field in block["fields"].map({ Array($0.elements) }) ?? [] {
                    #expect((1...2000).contains(field["text"]?.string?.utf16.count ?? 0))
                }
                #expect((block["fields"]?.count ?? 1) <= 10)
            case "context": #expect((block["elements"]?.count ?? 0) <= 10)
            default: Issue.record("unexpected block")
            }
        }
        #expect(body["link_names"]?.bool != true)
    }

    @Test(arguments: payloads) func telegramsHTMLHasOnlyOurTags(_ payload: Payload) throws {
        let channel = try Fixture.channel("telegram")
        for event in try events(payload) {
            let text = try #require(try Fixture.body(channel.render(Fixture.context(event)))["text"]?.string)
            let (tags, plain) = parseHTML(text)
            #expect(
                tags.allSatisfy {
                    ["<b>", "</b>", "<a href=\"https://tocsin.example.com/incidents/\(Fixture.incidentID)\">", "</a>"].contains($0)
                })
            let entities = ["&lt;", "&gt;", "&quot;", "&#39;", "&amp;"]
            let shown = entities.reduce(plain) { $0.split(separator: $1, omittingEmptySubsequences: false).joined(separator: "&") }
            #expect(shown.utf16.count <= 4096 && !shown.isEmpty)
        }
    }

    @Test(arguments: payloads) func telegramsMarkdownHasEverySignEscaped(_ payload: Payload) throws {
        let channel = try Fixture.channel("telegram", #"{"token":"1:a","chatId":"@ops","format":"markdownv2"}"#)
        for event in try events(payload) {
            var text = try #require(try Fixture.body(channel.render(Fixture.context(event)))["text"]?.string)
            let link = "[Open in Tocsin](https://tocsin.example.com/incidents/\(Fixture.incidentID))"
            #expect(text.hasSuffix(link) && text.hasPrefix("*"))
            text = String(text.dropLast(link.count).dropFirst())
            var unescaped = 0
            var isEscaped = false
            for scalar in text.unicodeScalars {
                if isEscaped {
                    isEscaped = false
                } else if scalar == "\\" {
                    isEscaped = true
                } else if "_*[]()~`>#+-=|{}.!".unicodeScalars.contains(scalar) {
                    unescaped += 1
                }
            }
            // The one that ends the bold headline.
            #expect(unescaped == 1 && !isEscaped)
        }
    }

    @Test(arguments: payloads) func mailsHaveOnlyOurHeadersAndTags(_ payload: Payload) throws {
        let channel = try Fixture.channel("email")
        for event in try events(payload) {
            for thread in [nil, "<delivery-0@example.com>", "x\r\nBcc: victim@example.com", "<a b>"] {
                guard case .mail(let mail, _) = channel.render(Fixture.context(event, thread: thread)) else { throw FixtureError() }
                let text = String(decoding: mail.bytes, as: UTF8.self)
                #expect(mail.bytes.allSatisfy { $0 < 0x7F && ($0 >= 0x20 || $0 == 0x0D || $0 == 0x0A) })
                let lines = text.components(separator: "\r\n")
                #expect(lines.allSatisfy { $0.utf8.count <= 78 && !$0.contains("\n") && !$0.contains("\r") })
                let names = lines.prefix { !$0.isEmpty }.filter { !$0.hasPrefix(" ") }.map { String($0.prefix { $0 != ":" }) }
                #expect(
                    names == [
                        "From", "To", "Date", "Message-ID", "In-Reply-To", "References", "Subject", "Auto-Submitted", "X-Tocsin-Incident",
                        "MIME-Version", "Content-Type",
                    ])
                let html = try #require(decodedParts(lines).last)
                let (tags, plain) = parseHTML(html)
                let allowed = ["html", "body", "div", "h2", "p", "table", "tr", "td", "a", "!DOCTYPE"]
                #expect(tags.allSatisfy { tag in allowed.contains { tag.hasPrefix("<\($0)") || tag == "</\($0)>" } })
                #expect(!tags.contains { $0.contains("evil") || $0.contains("onerror") || $0.contains("onload") })
                #expect(!plain.isEmpty)
            }
        }
    }

    @Test(arguments: payloads) func webhooksCarryTheTextUnchangedWithinTheirLimit(_ payload: Payload) throws {
        let channel = try Fixture.channel("webhook")
        for event in try events(payload) {
            let message = try Fixture.http(channel.render(Fixture.context(event)))
            #expect(message.headers.allSatisfy { !$0.value.contains("\n") && !$0.value.contains("\r") })
            let data = try #require(try JSONDocument.parse(message.body, limits: JSONLimits(allowsNUL: true)).root["data"])
            #expect(data["number"]?.int == 4711)
            if data["truncated"] == nil { #expect(data["description"]?.string == payload.text) }
        }
    }

    /// Splits a text into its tags and the text between them.
    private func parseHTML(_ text: String) -> (tags: [String], plain: String) {
        var tags: [String] = []
        var plain = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
            plain += rest[..<open]
            tags.append(String(rest[open...close]))
            rest = rest[rest.index(after: close)...]
        }
        return (tags, plain + rest)
    }

    private func decodedParts(_ lines: [String]) throws -> [String] {
        try lines.split { $0.hasPrefix("--tocsin-") }.dropFirst().filter { !$0.allSatisfy(\.isEmpty) }.map { part in
            let encoded = part.drop { !$0.isEmpty }.joined()
            return String(decoding: try #require(Data(base64Encoded: encoded)), as: UTF8.self)
        }
    }
}

extension String {
    fileprivate func components(separator: String) -> [String] {
        var parts = utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { String($0) ?? "" }
        if parts.last == "" { parts.removeLast() }
        return parts.map { $0.utf8.last == 0x0D ? String(decoding: $0.utf8.dropLast(), as: UTF8.self) : "LF \($0)\n" }
    }
}
