import Models
import Testing

@testable import Publishing

@Suite struct PostMortemTests {
    private let opened = Timestamp(seconds: 1_800_000_000)

    private func context(title: String = "Checkout answers 5xx", label: String = "checkout-1") throws -> PostMortemContext {
        let incident = Incident(
            id: .random(), teamID: .random(), number: 4711, title: title, description: "Error ratio 7 %", status: .open,
            severity: .critical,
            groupingKey: GroupingKey("service=checkout"), labels: ["service": "checkout"], createdAt: opened, updatedAt: opened,
            alertCount: 1, firingCount: 1)
        let first = incident.opened(by: .system("alert-grouper"), at: opened, change: .init(alertsFired: 1))
        let second = try first.incident.acknowledged(
            by: Actor(kind: .person, name: "ada"), assignee: "ada", at: opened.adding(seconds: 65))
        let third = try second.incident.resolved(
            by: .system("alert-grouper"), at: opened.adding(seconds: 3700),
            change: .init(alertsResolved: 1, reason: "all alerts resolved"))
        return PostMortemContext(
            teamName: "Payments", incident: third.incident, events: [first, second, third],
            alerts: [
                .init(
                    name: "HighErrorRate", severity: .critical, labels: ["alertname": "HighErrorRate", "instance": label],
                    startsAt: opened.adding(seconds: -30), endsAt: opened.adding(seconds: 3690))
            ],
            messages: [.init(channel: "ops", kind: "opened", state: "sent", at: opened.adding(seconds: 1))])
    }

    @Test("the draft tells the summary, the durations, the timeline, the alerts and who did what")
    func wholeDocument() throws {
        let text = Markdown.render(PostMortem.blocks(try context()))
        for expected in [
            "# Post-mortem #4711: Checkout answers 5xx", "**Time to acknowledge:** 1 min 5 s", "**Time to resolve:** 1 h 1 min",
            "**From the first alert to the incident:** 30 s", "Incident opened; 1 alert fired", "Acknowledged, assigned to ada",
            "Resolved; 1 alert resolved; all alerts resolved", "HighErrorRate", "| ada | acknowledged |", "| ops | opened | sent |",
        ] { #expect(text.contains(expected), "\(expected) is missing") }
    }

    @Test("the same context gives the same document")
    func deterministic() throws {
        let context = try context()
        #expect(PostMortem.blocks(context) == PostMortem.blocks(context))
    }

    @Test(
        "text from alerts stays text",
        arguments: ["<script>alert(1)</script>", "</td><img src=x onerror=alert(1)>", "a | b\nc", "[x](javascript:alert(1))", "`x` **y**"])
    func escaping(payload: String) throws {
        let context = try context(title: payload, label: payload)
        let html = HTML.render(PostMortem.blocks(context), title: PostMortem.title(of: context.incident))
        #expect(!html.contains("<script>"))
        #expect(!html.contains("<img"))
        let markdown = Markdown.render(PostMortem.blocks(context))
        #expect(!markdown.replacing("\\]", with: "").contains("](javascript"), "a bracket must be escaped to make no link")
        #expect(!markdown.contains("<script>"))
        let rows = markdown.split(separator: "\n").filter { $0.contains("HighErrorRate") }
        #expect(rows.count == 1, "a line break in a label must not break the table")
    }

    @Test("a storm of events is cut in the middle and says so")
    func bounded() throws {
        var context = try context()
        context.events = Array(repeating: context.events[0], count: 1000)
        let text = Markdown.render(PostMortem.blocks(context))
        #expect(text.contains("700 more events are left out here"))
    }

    @Test(
        "durations are for people",
        arguments: [
            (0.0, "0 s"), (45, "45 s"), (725, "12 min 5 s"), (12_000, "3 h 20 min"), (187_200, "2 d 4 h"), (3600, "1 h"), (-5, "0 s"),
        ])
    func durations(seconds: Double, text: String) { #expect(durationText(seconds: seconds) == text) }
}
