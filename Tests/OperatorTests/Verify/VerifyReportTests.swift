import JSON
import Models
import Testing

@testable import tocsin

@Suite struct VerifyReportTests {
    private static let now = VerifyScene.start

    private func window(_ since: Int = 600, from: Int? = nil, to: Int? = nil) throws -> VerifyWindow {
        try VerifyWindow(
            since: TimeSpan(seconds: since), from: from.map(VerifyScene.at), to: to.map(VerifyScene.at), graceSeconds: 30, now: Self.now)
    }

    @Test("The window ends before what is still on its way")
    func windows() throws {
        #expect(try window() == VerifyWindow(from: VerifyScene.at(-600), to: VerifyScene.at(-30)))
        #expect(try window(from: -100, to: -50) == VerifyWindow(from: VerifyScene.at(-100), to: VerifyScene.at(-50)))
        #expect(try window(from: -100, to: -10).to == VerifyScene.at(-30))
        #expect(try window(60, to: -100).from == VerifyScene.at(-160))
        #expect(try !window().contains(VerifyScene.at(-30)))
    }

    @Test("A window that cannot be is a wrong command line")
    func refused() {
        for (from, to) in [(1, nil), (nil, 1), (-50, -60), (-50, -50), (-20, nil)] as [(Int?, Int?)] {
            #expect(throws: OperatorFailure.self) { try window(from: from, to: to) }
        }
        #expect(throws: OperatorFailure.self) { try window(30) }
    }

    private func report(_ statuses: VerifyStatus...) -> VerifyReport {
        var findings = Findings()
        for status in statuses { findings.add(.deliveries, status, "reason", id: "id-\(status.rawValue)", team: "ops", "de\u{1B}tail") }
        return VerifyReport(
            window: VerifyWindow(from: VerifyScene.at(0), to: VerifyScene.at(60)), team: nil, findings: findings, seconds: 1)
    }

    @Test("The exit code says the worst")
    func exitCodes() {
        #expect(report().exitCode == 0)
        #expect(report(.ok, .repeated, .pending, .setAside, .notChecked).exitCode == 0)
        #expect(report(.inDoubt).exitCode == 3)
        for status in [VerifyStatus.late, .wrong, .phantom, .duplicate, .lost] { #expect(report(.inDoubt, status).exitCode == 1) }
    }

    @Test("The JSON has every check, every status, and the findings with their ids")
    func json() throws {
        let root = try JSONDocument.parse(report(.lost, .inDoubt).json).root
        #expect(root["verdict"]?.string == "failed")
        #expect(root["exitCode"]?.int == 1)
        #expect(root["totals"]?["lost"]?.int == 1)
        let checks = try #require(root["checks"])
        #expect(checks.elements.map { $0["check"]?.string } == VerifyCheck.allCases.map(\.rawValue))
        let deliveries = try #require(checks.elements.first { $0["check"]?.string == "deliveries" })
        #expect(deliveries["examined"]?.int == 2)
        for status in VerifyStatus.allCases { #expect(deliveries[status.rawValue]?.int != nil) }
        #expect(deliveries["findings"]?.elements.map { $0["id"]?.string } == ["id-lost", "id-inDoubt"])
        #expect(deliveries["findings"]?[0]?["status"]?.string == "lost")
        #expect(deliveries["findingsOmitted"]?.int == 0)
    }

    @Test("The table names what was found, at most so many of a kind, and cannot steer the terminal")
    func text() {
        let text = report(.lost, .lost, .lost).text(limit: 2, hasColour: false)
        #expect(text.contains("deliveries  lost  reason  id-lost of team ops"))
        #expect(text.contains("and 1 more"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test("Findings are bounded; what is beyond is counted")
    func bounded() {
        var tally = CheckTally()
        for index in 0..<1500 {
            tally.add(Finding(check: .signals, status: .lost, reason: "r", id: "\(index)", team: nil, detail: ""))
        }
        #expect(tally.count(.lost) == 1500)
        #expect(tally.findings[.lost]?.count == CheckTally.maxFindings)
        #expect(tally.omitted == 500)
        var both = tally
        both.merge(tally)
        #expect(both.count(.lost) == 3000 && both.omitted == 2000)
    }

    @Test(
        "Command lines that cannot be meant are refused",
        arguments: [
            ["--since", "x"], ["--since", "0s"], ["--from", "yesterday"], ["--since", "1h", "--from", "2026-11-21T08:00:00Z"],
            ["--grace", "0s"], ["--max-records", "0"], ["--limit", "-1"],
        ])
    func usage(arguments: [String]) async { #expect(await tocsin(["verify"] + arguments).code == 64) }

    @Test("Without a database or brokers it says which setting is missing")
    func settings() async {
        let run = await tocsin("verify")
        #expect(run.code == 78)
        #expect(run.err.contains("DATABASE_URL") && run.err.contains("KAFKA_BROKERS"))
    }
}
