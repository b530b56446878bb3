import Foundation
import Models
import Testing

@testable import Views

/// Every field that comes from outside, with every payload: the page must hold the same elements and attributes as with plain text.
@Suite struct ViewsTests {
    static let payloads = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
        "</title></textarea></style><svg/onload=alert(1)>",
        "{{{body}}}{{#x}}", "\"\u{301} onfocus=alert(1) autofocus x=\"", "<\u{301}script>", "&lt;script&gt;", "javascript:alert(1)",
        "--><b>",
        "a\u{0}b\u{202E}c", "`${alert(1)}`", "]]><x>",
    ]
    static let now = Timestamp(seconds: 1_795_240_800)

    @Test(arguments: payloads)
    func aPayloadAddsNoMarkup(payload: String) throws {
        let views = try Views()
        for (plain, attacked) in zip(try Self.pages(views, "plain"), try Self.pages(views, payload)) {
            #expect(Self.markup(plain) == Self.markup(attacked), "\(payload)")
        }
    }

    @Test func onlyWebAddressesBecomeLinks() throws {
        for (link, isLink) in [
            ("https://prometheus.example/graph", true), ("javascript:alert(1)", false), (" https://x", false), ("//x", false),
        ] {
            let page = try Views().alerts(Self.alertsPage("x", link: link))
            #expect(page.contains("href=\"\(link)\"") == isLink)
        }
    }

    @Test func pagesHaveNoInlineScriptOrStyle() throws {
        for page in try Self.pages(try Views(), "plain") {
            #expect(page.contains("<!doctype html>") && page.contains(Stylesheet.path))
            for word in ["<script", "style=", " onclick", "javascript:", "<style"] { #expect(!page.contains(word), "\(word)") }
            #expect(!page.contains("{{"))
        }
    }

    @Test func everyDayOfTheChartHasItsBarAndItsRow() {
        let days = (1...30).map { DayChart.Day(day: "2026-11-\($0)", counts: $0 == 3 ? [.critical: 2, .low: 5] : [:]) }
        let slots = DayChart(days: days).slots
        let bars = slots["bars"] as? [Slots]
        #expect(bars?.count == 30 && (bars?[2]["parts"] as? [Slots])?.count == 2)
        #expect(slots["chartSummary"] as? String == "7 incidents in 30 days; most on 2026-11-3: 7.")
    }

    @Test(arguments: [
        (0.0, "0 s"), (59_400, "59 s"), (60_000, "1 min"), (252_000, "4 min 12 s"), (7_500_000, "2 h 5 min"), (273_600_000, "3 d 4 h"),
    ])
    func durationsReadWell(milliseconds: Double, words: String) { #expect(Wording.duration(milliseconds: milliseconds) == words) }

    /// Tags with their attributes' names, in order; what a browser would build, seen by scalars as its tokenizer does.
    static func markup(_ html: String) -> [String] {
        var tags: [String] = []
        var current: String.UnicodeScalarView?
        var quote: Unicode.Scalar?
        for scalar in html.unicodeScalars {
            if current == nil {
                if scalar == "<" { current = String.UnicodeScalarView() }
                continue
            }
            if let open = quote {
                if scalar == open { quote = nil }
            } else if scalar == "\"" || scalar == "'" {
                quote = scalar
            } else if scalar == ">" {
                tags.append(String(current ?? .init()))
                current = nil
            } else {
                current?.append(scalar)
            }
        }
        return tags
    }

    static func alertItem(_ text: String, link: String) -> AlertItem {
        AlertItem(
            name: text, summary: text, source: text, isFiring: true, severity: .high, startsAt: now, endsAt: now, labels: ["a": text],
            annotations: ["b": text], link: link, incidentNumber: 7, occurrence: 2, repeats: 3)
    }

    static func alertsPage(_ text: String, link: String) -> AlertsPage {
        AlertsPage(
            frame: frame(text), now: now, status: text, alerts: [alertItem(text, link: link)], total: 1,
            pager: Pager(first: "/alerts", next: "/alerts?cursor=x"))
    }

    static func frame(_ text: String) -> PageFrame {
        PageFrame(title: text, tab: .alerts, guest: .init(teamName: text, keyName: text, formToken: text))
    }

    /// One of each page, `text` in every field.
    static func pages(_ views: Views, _ text: String) throws -> [String] {
        let incident = Incident(
            id: .random(), teamID: .random(), number: 7, title: text, description: text, status: .open, severity: .critical,
            groupingKey: GroupingKey(text), labels: ["service": text, "z\(text.count)": text], createdAt: now, updatedAt: now,
            assigneeID: text, reopenCount: 1, alertCount: 2, firingCount: 1)
        let opened = incident.opened(by: Actor(kind: .person, name: text), at: now, change: .init(alertsFired: 1, reason: text))
        let taken = try opened.incident.acknowledged(by: Actor(kind: .key, name: text), assignee: text, at: now)
        var form = IncidentsPage.Form()
        (form.search, form.status, form.severity) = (text, text, text)
        (form.service, form.assignee, form.order) = (text, text, text)
        return [
            views.message(MessagePage(status: 404, text: text, requestID: text)),
            views.signIn(SignInPage(next: text, problem: text, hours: 12)),
            views.overview(
                OverviewPage(
                    frame: frame(text), now: now, unresolved: [.init(status: .open, severity: .critical, count: 1)], burning: [incident],
                    month: RollupCell(), days: [.init(day: text, counts: [.high: 2])])),
            views.incidents(
                IncidentsPage(
                    frame: frame(text), now: now, form: form, incidents: [incident], total: 1, pager: Pager(first: text, next: text))),
            views.incident(
                IncidentPage(
                    frame: frame(text), now: now, incident: incident, alerts: [alertItem(text, link: "https://x/" + text)],
                    events: [opened, taken],
                    deliveries: [.init(channel: text, channelType: text, kind: text, state: text, attempts: 1, error: text)])),
            views.alerts(alertsPage(text, link: "https://x/" + text)),
        ]
    }
}
