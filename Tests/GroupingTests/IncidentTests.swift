import Grouping
import Models
import Testing

@Suite struct IncidentTests {
    @Test func `the first alert of a group opens an incident with its words`() throws {
        var scene = Scene()
        let signal = Scene.firing(
            "HighLatency", labels: ["severity": "critical"], annotations: ["summary": "p99 above 2 s", "description": "Since noon."])
        let event = try #require(scene.apply(signal).events.first)
        #expect(event.kind == .opened)
        #expect(event.actor == .system("alert-grouper"))
        #expect(event.sequence == 1)
        #expect(event.change.alertsFired == 1)
        #expect(event.incident.title == "p99 above 2 s (checkout)")
        #expect(event.incident.description == "Since noon.")
        #expect(event.incident.severity == .critical)
        #expect(event.incident.groupingKey == GroupingKey("service=checkout"))
        #expect(event.incident.alertCount == 1 && event.incident.firingCount == 1)
    }

    @Test func `a storm of one group in one batch is one event and one row an alert`() throws {
        var scene = Scene()
        let storm = (0..<500).map { Scene.firing("A\($0 % 40)", received: $0) }
        let changes = scene.apply(storm)
        #expect(changes.events.map(\.kind) == [.opened])
        #expect(changes.events.first?.incident.alertCount == 40)
        #expect(changes.newAlerts.count == 40)
        #expect(changes.signals == [.new: 40, .repeat: 460])
    }

    @Test func `further alerts join the open incident and its severity rises with the worst`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A", labels: ["severity": "info"]))
        let changes = scene.apply(
            Scene.firing("B", labels: ["severity": "critical"]), Scene.firing("C", labels: ["severity": "high"]))
        let event = try #require(changes.events.first)
        #expect(changes.events.map(\.kind) == [.updated])
        #expect(event.change.alertsFired == 2)
        #expect(event.change.previousSeverity == .low)
        #expect(event.incident.severity == .critical)
        #expect(event.incident.alertCount == 3)
    }

    @Test func `labels of an incident are those that its first alerts have in common`() throws {
        var scene = Scene()
        scene.apply(
            Scene.firing("A", labels: ["severity": "high", "region": "eu"]), Scene.firing("B", labels: ["severity": "low", "region": "eu"]))
        #expect(scene.incidents.first?.labels == ["service": "checkout", "region": "eu"])
    }

    @Test func `the incident resolves when its last alert does`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A"), Scene.firing("B"))
        let one = scene.apply(Scene.resolved("A"))
        let last = scene.apply(Scene.resolved("B"))
        #expect(one.events.map(\.kind) == [.updated])
        #expect(last.events.map(\.kind) == [.resolved])
        let event = try #require(last.events.first)
        #expect(event.change == IncidentEvent.Change(alertsResolved: 1, reason: "all alerts resolved"))
        #expect(event.incident.firingCount == 0)
        #expect(event.incident.resolvedAt == scene.now)
    }

    @Test func `an alert that comes and goes within one batch still leaves an incident`() throws {
        var scene = Scene()
        let changes = scene.apply(Scene.firing("A"), Scene.resolved("A"))
        #expect(changes.events.map(\.kind) == [.opened, .resolved])
        #expect(changes.events.map(\.sequence) == [1, 2])
        #expect(changes.occurrences.map(\.endsAt) == [Scene.start.adding(seconds: 10)])
    }

    @Test func `flapping within one batch changes no status`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A"))
        let flaps = (1...50).flatMap { [Scene.resolved("A", at: $0 * 20 - 20, end: $0 * 20 - 10), Scene.firing("A", at: $0 * 20)] }
        let changes = scene.apply(flaps)
        #expect(changes.events.map(\.kind) == [.updated])
        #expect(changes.events.first?.change == IncidentEvent.Change(alertsFired: 50, alertsResolved: 50))
        #expect(changes.changedAlerts.count == 1)
        #expect(changes.occurrences.count == 51)
    }

    @Test func `with a hold the incident waits, and a new firing clears the due time`() throws {
        var scene = Scene(TeamPolicy(settings: TeamSettings(resolveHoldSeconds: 120)))
        scene.apply(Scene.firing("A"))
        let waiting = scene.apply(Scene.resolved("A"))
        #expect(waiting.events.map(\.kind) == [.updated])
        #expect(scene.incidents.first?.resolveDueAt == scene.now.adding(seconds: 120))
        scene.wait(60)
        scene.apply(Scene.firing("A", at: 60))
        #expect(scene.incidents.first?.resolveDueAt == nil)
        scene.wait(200)
        #expect(scene.resolveDue().events.isEmpty)
        scene.apply(Scene.resolved("A", at: 60, end: 260))
        scene.wait(119)
        #expect(scene.resolveDue().events.isEmpty)
        scene.wait(1)
        #expect(scene.resolveDue().events.map(\.kind) == [.resolved])
        #expect(scene.resolveDue().events.isEmpty)
    }

    @Test func `a firing within the reopen window reopens, keeps the count and voids the acknowledgement`() throws {
        var scene = Scene(TeamPolicy(settings: TeamSettings(reopenWindowSeconds: 600)))
        scene.apply(Scene.firing("A", labels: ["severity": "critical"]))
        try scene.carryOut { try $0.acknowledged(by: Actor(kind: .person, name: "ada"), assignee: nil, at: $1) }
        scene.apply(Scene.resolved("A"))
        scene.wait(600)
        let changes = scene.apply(Scene.firing("B", at: 600, labels: ["severity": "low"]))
        let event = try #require(changes.events.first)
        #expect(changes.events.map(\.kind) == [.reopened])
        #expect(event.incident.alertCount == 2 && event.incident.firingCount == 1 && event.incident.reopenCount == 1)
        #expect(event.incident.ackedAt == nil && event.incident.assigneeID == "ada")
        #expect(event.incident.severity == .low)
        #expect(event.change.previousSeverity == .critical)
        #expect(scene.incidents.count == 1)
    }

    @Test(arguments: [(600, 601), (0, 0)])
    func `past the reopen window a new incident opens`(window: Int, waited: Int) throws {
        var scene = Scene(TeamPolicy(settings: TeamSettings(reopenWindowSeconds: window)))
        scene.apply(Scene.firing("A"))
        scene.apply(Scene.resolved("A"))
        scene.wait(waited)
        #expect(scene.apply(Scene.firing("A", at: 700)).events.map(\.kind) == [.opened])
        #expect(scene.incidents.count == 2)
    }

    @Test func `an incident without change for longer than the rule's window is retired and stays open`() throws {
        var scene = Scene(TeamPolicy(rules: GroupingRules([GroupingRule(by: ["service"], windowSeconds: 300)])))
        scene.apply(Scene.firing("A"))
        scene.wait(300)
        #expect(scene.apply(Scene.firing("B", at: 300)).events.map(\.kind) == [.updated])
        scene.wait(301)
        let changes = scene.apply(Scene.firing("C", at: 601), Scene.firing("D", at: 601))
        #expect(changes.events.map(\.kind) == [.updated, .opened])
        #expect(changes.events.first?.change.reason != nil)
        #expect(scene.incidents.map(\.groupingKey.text) == ["service=checkout#1", "service=checkout"])
        #expect(scene.open.count == 2)
        scene.apply(Scene.resolved("A", end: 650), Scene.resolved("B", at: 300, end: 650))
        #expect(scene.open.map(\.number) == [2])
    }

    @Test func `after a resolve by hand repeats change nothing until the alert ends and fires again`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A"))
        try scene.carryOut { try $0.resolved(by: Actor(kind: .person, name: "ada"), at: $1) }
        #expect(scene.apply(Scene.firing("A", received: 60)).events.isEmpty)
        #expect(scene.open.isEmpty)
        let ended = scene.apply(Scene.resolved("A", end: 70))
        #expect(ended.events.map(\.kind) == [.updated])
        #expect(scene.incidents.first?.status == .resolved)
        #expect(scene.incidents.first?.firingCount == 0)
        #expect(scene.apply(Scene.firing("A", at: 80)).events.map(\.kind) == [.reopened])
    }

    @Test func `a new alert of the group reopens an incident that was resolved by hand, with those that still fire`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A", labels: ["severity": "high"]))
        try scene.carryOut { try $0.resolved(by: Actor(kind: .person, name: "ada"), at: $1) }
        let changes = scene.apply(Scene.firing("B", at: 20, labels: ["severity": "low"]))
        #expect(changes.events.map(\.kind) == [.reopened])
        #expect(scene.incidents.first?.firingCount == 2)
        #expect(scene.incidents.first?.severity == .high)
    }

    @Test func `a repeat with a worse severity raises the incident's`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A", labels: ["severity": "low"]))
        let changes = scene.apply(Scene.firing("A", received: 30, labels: ["severity": "critical"]))
        #expect(changes.events.map(\.kind) == [.updated])
        #expect(scene.incidents.first?.severity == .critical)
    }

    @Test func `an acknowledged incident stays acknowledged when alerts join and resolves by itself`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A"))
        try scene.carryOut { try $0.acknowledged(by: Actor(kind: .person, name: "ada"), assignee: nil, at: $1) }
        scene.apply(Scene.firing("B"))
        #expect(scene.incidents.first?.status == .acknowledged)
        scene.apply(Scene.resolved("A"), Scene.resolved("B"))
        #expect(scene.incidents.first?.status == .resolved)
        #expect(scene.incidents.first?.ackedAt != nil)
    }

    @Test func `an event carries the trace of the signal that caused it`() throws {
        var scene = Scene()
        var signal = Scene.firing("A")
        signal.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        #expect(scene.apply(signal).events.map(\.traceparent) == [signal.traceparent])
    }

    @Test func `an alert that fires anew after its incident was resolved by hand is told, though nobody told its end`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A"))
        try scene.carryOut { try $0.resolved(by: .system("test"), at: $1) }
        #expect(scene.apply(Scene.firing("A", received: 60)).signals == [.repeat: 1], "the same occurrence is no news")
        scene.wait(TeamSettings().reopenWindowSeconds + 1)
        let again = scene.apply(Scene.firing("A", at: 50_000))
        #expect(again.signals == [.new: 1])
        #expect(scene.open.map(\.firingCount) == [1])
        #expect(scene.incidents.map(\.firingCount) == [0, 1])
        #expect(scene.history.values.sorted { $0.id < $1.id }.map(\.endsAt) == [Scene.start.adding(seconds: 50_000), nil])
        #expect(scene.apply(Scene.resolved("A", at: 0, end: 100, received: 50_010)).signals == [.stale: 1], "the end comes late")
        #expect(scene.apply(Scene.resolved("A", at: 50_000, end: 50_060)).events.map(\.kind) == [.resolved])
    }

    @Test func `an alert that fires anew within the window reopens the incident resolved by hand, and counts once`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A"))
        try scene.carryOut { try $0.resolved(by: .system("test"), at: $1) }
        let again = scene.apply(Scene.firing("A", at: 20), Scene.firing("A", at: 20, received: 25))
        #expect(again.signals == [.new: 1, .repeat: 1])
        #expect(again.events.map(\.kind) == [.reopened])
        #expect(scene.incidents.map(\.firingCount) == [1])
        #expect(scene.incidents.map(\.alertCount) == [1])
        #expect(scene.apply(Scene.resolved("A", at: 20, end: 60)).events.map(\.kind) == [.resolved])
    }
}
