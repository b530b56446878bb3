import JSON
import Models
import TestKit
import Testing

@testable import tocsin

@Suite struct DrillReportTests {
    static func receipt(_ channel: String, _ state: String?) -> Receipt {
        Receipt(
            channel: channel, type: "slack", state: state, attempts: 1, milliseconds: state == "sent" ? 12 : nil, providerID: nil,
            error: nil)
    }

    @Test(
        "Passed only when every channel got it; finished only when nothing more can happen",
        arguments: [
            (["sent", "sent"], true, true, true), (["sent", "dead"], true, false, true), (["sent", "pending"], true, false, false),
            (["sent", "sending"], true, false, false), (["sent", "in_doubt"], true, false, true), (["suppressed"], true, false, true),
            (["sent", nil], true, false, true), (["sent", nil], false, false, false), ([], true, false, true),
        ] as [([String?], Bool, Bool, Bool)])
    func verdicts(states: [String?], isPlanned: Bool, isPassed: Bool, isFinished: Bool) {
        let report = DrillReport(receipts: states.map { Self.receipt("c", $0) }, isPlanned: isPlanned)
        #expect(report.isPassed == isPassed)
        #expect(report.isFinished == isFinished)
    }

    @Test("A channel whose route does not fit is named so")
    func table() {
        let report = DrillReport(receipts: [Self.receipt("chat", "sent"), Self.receipt("mail", nil)], isPlanned: true)
        let lines = report.table().text(hasColour: false).split(separator: "\n")
        #expect(lines[1].contains("chat") && lines[1].contains("sent") && lines[1].contains("12"))
        #expect(lines[2].contains("mail") && lines[2].contains("not routed"))
        #expect(DrillCourse.verdict(report) == "not delivered in mail")
    }

    @Test("The alert and its end are the same alert to the gateway")
    func alert() throws {
        let start = Timestamp(seconds: 1_763_700_000)
        let drill = DrillAlert(id: "ab12", severity: .critical, extraLabels: ["env": "prod"], startedAt: start)
        let firing = try JSONDocument.parse(drill.body(.firing, at: start)).root
        let resolved = try JSONDocument.parse(drill.body(.resolved, at: start.adding(seconds: 5))).root
        for field in ["title", "severity", "dedup_key", "startsAt"] { #expect(firing[field]?.string == resolved[field]?.string) }
        #expect(firing["status"]?.string == "firing" && firing["endsAt"] == nil)
        #expect(resolved["status"]?.string == "resolved" && resolved["endsAt"]?.string == "2025-11-21T04:40:05Z")
        #expect(firing["labels"]?["env"]?.string == "prod")
        #expect(firing["labels"]?["fire_drill"]?.string == "ab12")
    }
}
