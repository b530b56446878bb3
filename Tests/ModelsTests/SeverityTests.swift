import FoundationEssentials
import Models
import Testing

@Suite struct SeverityTests {
    @Test(
        arguments: [
            ("critical", .critical), ("p0", .critical), ("Page", .critical), ("high", .high), ("p1", .high), ("error", .high),
            (" Warning ", .medium), ("medium", .medium), ("P2", .medium), ("low", .low), ("p3", .low), ("INFO", .low), ("none", .low),
        ] as [(String, Severity)])
    func `words of many tools map to one of four`(word: String, severity: Severity) {
        #expect(Severity(word: word) == severity)
    }

    @Test(arguments: ["", "urgent-ish", "p9", "crit!cal"])
    func `an unknown word maps to none`(word: String) {
        #expect(Severity(word: word) == nil)
    }

    @Test func `labels are looked at in order and an unknown word does not stop the search`() {
        #expect(Severity(labels: ["severity": "critical", "priority": "p3"]) == .critical)
        #expect(Severity(labels: ["severity": "whatever", "priority": "p3"]) == .low)
        #expect(Severity(labels: ["level": "error"]) == .high)
        #expect(Severity(labels: [:]) == Severity.unknown)
        #expect(Severity.unknown == .medium)
    }

    @Test func `critical is the worst`() {
        #expect(Severity.allCases.sorted() == [.low, .medium, .high, .critical])
    }

    @Test func `the published page lists exactly the words that are known`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/integrations/severity.md"), encoding: .utf8)
        var published: [String: Severity] = [:]
        for line in page.split(separator: "\n") {
            let cells = line.split(separator: "|").map { $0.trimmingPrefix { $0 == " " } }
            guard cells.count >= 2, let severity = Severity(rawValue: cells[0].split(separator: "`").first.map(String.init) ?? "") else {
                continue
            }
            let words = cells[1].split(separator: "`").enumerated().filter { $0.offset % 2 == 0 }.map { String($0.element) }
            for word in words { published[word] = severity }
        }
        #expect(published == Severity.words)
    }
}
