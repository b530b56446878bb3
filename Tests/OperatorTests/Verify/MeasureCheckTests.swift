import Models
import Rollup
import Testing

@testable import tocsin

@Suite struct MeasureCheckTests {
    private static let life: [IncidentEvent.Kind] = [.opened, .acknowledged, .resolved]

    private func found(_ change: (inout IncidentEvidence) -> Void) throws -> [String] {
        var evidence = try VerifyScene.evidence(Self.life)
        change(&evidence)
        return MeasureCheck.examine(evidence, team: "ops").list(.metrics).map { String($0.prefix { $0 != "-" }.dropLast(9)) }
    }

    @Test("The measure that the aggregator makes of the events is the expected one, after a reopening too")
    func sameAsAggregator() throws {
        let kinds: [IncidentEvent.Kind] = [.opened, .acknowledged, .resolved, .reopened, .acknowledged, .resolved]
        let evidence = try VerifyScene.evidence(kinds)
        var now = evidence.incident
        now.sequence = 0
        var rollup = Rollup(measures: [:])
        var incident = try VerifyScene.evidence([.opened], id: now.id).incident
        rollup.apply(IncidentEvent(kind: .opened, at: incident.updatedAt, actor: .system("test"), incident: incident))
        for (index, kind) in kinds.enumerated().dropFirst() {
            let event = try VerifyScene.next(kind, of: incident, at: VerifyScene.at(index * 10))
            rollup.apply(event)
            incident = event.incident
        }
        #expect(try #require(rollup.measures[now.id]) == MeasureCheck.expected(of: evidence))
    }

    @Test("A measure that is missing or differs is found; one that is not made yet is pending")
    func measure() throws {
        #expect(try found { _ in } == [])
        #expect(try found { $0.measure = nil } == ["lost no_measure"])
        #expect(try found { $0.measure?.resolvedAt = nil } == ["wrong measure"])
        #expect(try found { $0.measure?.firstAckedAt = VerifyScene.at(999) } == ["wrong measure"])
        var behind = try VerifyScene.evidence(Self.life)
        behind.measured = 2
        behind.measure = nil
        #expect(MeasureCheck.examine(behind, team: "ops")[.metrics].counts == [.pending: 1])
    }

    @Test("A cell that is not the sum of its measures is named with both")
    func cells() throws {
        let evidence = try VerifyScene.evidence(Self.life)
        let recomputed = Rollup.recompute([MeasureCheck.expected(of: evidence)])
        let key = try #require(recomputed.keys.first)
        #expect(MeasureCheck.examine(stored: recomputed, recomputed: recomputed, team: "ops")[.metrics].counts == [.ok: 1])
        var stored = recomputed
        stored[key]?.resolved += 1
        let id = "ops/\(key.day)/shop/high"
        #expect(MeasureCheck.examine(stored: stored, recomputed: recomputed, team: "ops").list(.metrics) == ["wrong cell \(id)"])
        #expect(MeasureCheck.examine(stored: [:], recomputed: recomputed, team: "ops").list(.metrics) == ["wrong cell \(id)"])
        #expect(MeasureCheck.examine(stored: recomputed, recomputed: [:], team: "ops").list(.metrics) == ["wrong cell \(id)"])
        #expect(MeasureCheck.examine(stored: [key: RollupCell()], recomputed: [:], team: "ops")[.metrics].counts == [.ok: 1])
    }

    @Test("The days of a window are those it touches, each once")
    func days() {
        let noon = Timestamp(seconds: 1_795_000_000 / 86_400 * 86_400 + 43_200)
        func days(_ from: Int, _ to: Int) -> Int {
            CellPass.days(of: VerifyWindow(from: noon.adding(seconds: from), to: noon.adding(seconds: to))).count
        }
        #expect(days(0, 60) == 1)
        #expect(days(0, 43_200) == 1)
        #expect(days(0, 43_201) == 2)
        #expect(days(-43_201, 43_201) == 3)
        #expect(days(0, 86_400) == 2)
    }
}
