import Models
import Testing

@testable import tocsin

@Suite struct IncidentCheckTests {
    private static let life: [IncidentEvent.Kind] = [.opened, .updated, .acknowledged, .resolved, .reopened, .resolved]

    private func found(_ change: (inout IncidentEvidence) -> Void) throws -> [String] {
        var evidence = try VerifyScene.evidence(Self.life)
        change(&evidence)
        let id = "\(evidence.incident.id)"
        return IncidentCheck.examine(evidence, team: "ops").list(.incidents).map { line in
            line.split(separator: id, omittingEmptySubsequences: false).joined(separator: "ID")
        }
    }

    @Test("An incident that agrees with its events is one that is ok")
    func clean() throws {
        #expect(try found { _ in } == [])
        #expect(try IncidentCheck.examine(VerifyScene.evidence(Self.life), team: "ops")[.incidents].counts == [.ok: 1])
    }

    @Test("A missing event is lost by its number, at the end too")
    func gap() throws {
        #expect(try found { $0.events.removeAll { $0.sequence == 2 } } == ["lost event_missing ID/2"])
        #expect(try found { $0.events.removeLast() } == ["lost event_missing ID/6", "wrong life_cycle ID"])
        let many = try found { $0.events = [] }
        #expect(many.count == Self.life.count)
    }

    @Test("Of a log that is gone a bounded number of events is named, and all are counted")
    func manyGaps() throws {
        var evidence = try VerifyScene.evidence([.opened] + Array(repeating: .updated, count: 99))
        evidence.events = []
        let tally = IncidentCheck.examine(evidence, team: "ops")[.incidents]
        #expect(tally.count(.lost) == 100)
        #expect(tally.findings[.lost]?.count == IncidentCheck.maxGaps)
        #expect(tally.omitted == 100 - IncidentCheck.maxGaps)
    }

    @Test("A row that stands still while its log went on is wrong")
    func rowBehind() throws {
        let found = try found { $0.incident.sequence = 5 }
        #expect(found.contains("wrong sequence ID"))
    }

    @Test("Events that no incident can have are wrong")
    func lifeCycle() throws {
        #expect(try found { $0.events[2].kind = "reopened" }.contains("wrong life_cycle ID"))
        #expect(try found { $0.events[0].kind = "updated" }.contains("wrong life_cycle ID"))
        #expect(try found { $0.events[1].kind = "exploded" }.contains("wrong life_cycle ID"))
    }

    @Test("A row that differs from its last event is wrong, and the fields are named")
    func state() throws {
        var evidence = try VerifyScene.evidence([.opened])
        evidence.incident.severity = .low
        evidence.incident.alertCount = 9
        #expect(IncidentCheck.difference(evidence)?.contains("severity, alertCount") == true)
        #expect(try found { $0.incident.title = "Other" } == ["wrong state ID"])
        #expect(try found { $0.last = nil } == ["wrong state ID"])
    }

    @Test("A count of firing alerts that is not theirs is wrong")
    func firing() throws { #expect(try found { $0.firingAlerts += 1 } == ["wrong firing_count ID"]) }
}
