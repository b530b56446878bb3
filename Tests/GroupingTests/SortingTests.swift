import Grouping
import Models
import Testing

@Suite struct SortingTests {
    @Test func `rows come sorted by key, so that two writers cannot block each other`() {
        var scene = Scene()
        let changes = scene.apply(["C", "A", "B"].map { Scene.firing($0) } + [Scene.resolved("B"), Scene.resolved("A")])
        #expect(changes.newAlerts.map(\.id.fingerprint.text) == ["A", "B", "C"])
        #expect(changes.occurrences.map(\.id.alert.fingerprint.text) == ["A", "B", "C"])
    }

    @Test func `the incident resolved last is the one to reopen`() {
        let early = incident(number: 1, resolved: 10)
        let late = incident(number: 2, resolved: 20)
        let group = Group(teamID: Scene.team, key: GroupingKey("service=checkout"))
        for incidents in [[early, late], [late, early]] {
            #expect(GroupState(incidents: incidents).latestResolvedIncident(of: group)?.number == 2)
        }
    }

    private func incident(number: Int64, resolved: Int) -> Incident {
        Incident(
            id: .random(), teamID: Scene.team, number: number, title: "t", description: "", status: .resolved, severity: .low,
            groupingKey: GroupingKey("service=checkout"), labels: [:], createdAt: Scene.start, updatedAt: Scene.start,
            resolvedAt: Scene.start.adding(seconds: resolved))
    }
}
