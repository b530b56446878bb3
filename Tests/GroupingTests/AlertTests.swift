import Grouping
import Models
import Testing

@Suite struct AlertTests {
    @Test func `the first firing makes an alert, and a repeat only counts`() throws {
        var scene = Scene()
        let first = scene.apply(Scene.firing("A"))
        let repeated = scene.apply(Scene.firing("A", received: 60), Scene.firing("A", received: 120))
        #expect(first.signals == [.new: 1])
        #expect(first.newAlerts.count == 1)
        #expect(repeated.signals == [.repeat: 2])
        #expect(repeated.changedAlerts.count == 1)
        #expect(repeated.events.isEmpty && repeated.newAlerts.isEmpty && repeated.occurrences.isEmpty)
        let alert = try #require(scene.alert("A"))
        #expect(alert.repeats == 2)
        #expect(alert.lastSeenAt == Scene.start.adding(seconds: 120))
    }

    @Test func `a repeat refreshes annotations and expiry, an older copy does not`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A", expires: 240, annotations: ["summary": "first"]))
        scene.apply(Scene.firing("A", received: 60, expires: 300, annotations: ["summary": "second"]))
        scene.apply(Scene.firing("A", received: 30, expires: 270, annotations: ["summary": "late"]))
        let alert = try #require(scene.alert("A"))
        #expect(alert.annotations == ["summary": "second"])
        #expect(alert.expiresAt == Scene.start.adding(seconds: 300))
    }

    @Test func `an end before its start counts as ending at the start`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A", at: 100))
        scene.apply(Scene.resolved("A", at: 100, end: 40))
        #expect(scene.alert("A")?.endsAt == Scene.start.adding(seconds: 100))
    }

    @Test func `an end alone, told by a clock of whole seconds, ends the alert that began in that second`() throws {
        var scene = Scene()
        var firing = Scene.firing("A", at: 100)
        firing.startsAt = firing.startsAt.adding(milliseconds: 200)
        scene.apply(firing)
        scene.apply(Scene.resolved("A", at: 99, end: 99, received: 101))
        #expect(scene.alert("A")?.status == .firing, "more than a second earlier it is another occurrence's end")
        scene.apply(Scene.resolved("A", at: 100, end: 100, received: 101))
        #expect(scene.alert("A")?.status == .resolved)
    }

    @Test func `the end of an unknown alert is remembered without an incident and drops its late firing`() throws {
        var scene = Scene()
        let ended = scene.apply(Scene.resolved("A"))
        let late = scene.apply(Scene.firing("A"))
        #expect(ended.signals == [.resolved: 1])
        #expect(ended.newAlerts.map(\.status) == [.resolved])
        #expect(ended.events.isEmpty)
        #expect(late.signals == [.stale: 1])
        #expect(late.isEmpty)
        #expect(scene.incidents.isEmpty)
    }

    @Test func `a firing that starts later than the ended occurrence is a new occurrence`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A"))
        scene.apply(Scene.resolved("A", end: 10))
        let again = scene.apply(Scene.firing("A", at: 20))
        #expect(again.signals == [.new: 1])
        #expect(scene.alert("A")?.occurrence == 2)
        let history = scene.history.values.sorted { $0.id < $1.id }
        #expect(history.map(\.startsAt) == [Scene.start, Scene.start.adding(seconds: 20)])
        #expect(history.map(\.endsAt) == [Scene.start.adding(seconds: 10), nil])
    }

    @Test func `the end of an older occurrence does not end the current one`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A", at: 0))
        scene.apply(Scene.firing("A", at: 20))
        let late = scene.apply(Scene.resolved("A", at: 0, end: 10))
        #expect(late.signals == [.stale: 1])
        #expect(scene.alert("A")?.status == .firing)
    }

    @Test func `an end whose start was moved back by merging still ends the alert`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A", at: 20))
        scene.apply(Scene.resolved("A", at: 5, end: 40))
        #expect(scene.alert("A")?.status == .resolved)
    }

    @Test func `repeats of an end change neither status nor end`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A"))
        scene.apply(Scene.resolved("A", end: 10))
        let again = scene.apply(Scene.resolved("A", end: 30))
        #expect(again.signals == [.repeat: 1])
        #expect(again.events.isEmpty)
        #expect(scene.alert("A")?.endsAt == Scene.start.adding(seconds: 10))
    }

    @Test func `a sender that goes on firing long after the end is believed, a late copy is not`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A"))
        scene.apply(Scene.resolved("A", end: 10, received: 10))
        let lateCopy = scene.apply(Scene.firing("A", received: 10 + Alert.lateFiringSeconds))
        let contradiction = scene.apply(Scene.firing("A", received: 11 + Alert.lateFiringSeconds))
        let secondCopyOfEnd = scene.apply(Scene.resolved("A", end: 10, received: 10))
        #expect(lateCopy.signals == [.stale: 1])
        #expect(contradiction.signals == [.new: 1])
        #expect(secondCopyOfEnd.signals == [.stale: 1])
        #expect(scene.alert("A")?.status == .firing)
    }

    @Test func `an alert that nobody refreshes ends at its expiry, and a refresh brings it back`() throws {
        var scene = Scene()
        scene.apply(Scene.firing("A", expires: 240))
        scene.wait(239)
        #expect(scene.expire().isEmpty)
        scene.wait(1)
        let expired = scene.expire()
        #expect(expired.events.map(\.kind) == [.resolved])
        #expect(scene.alert("A")?.endsAt == Scene.start.adding(seconds: 240))
        #expect(scene.apply(Scene.firing("A", received: 30, expires: 240)).signals == [.stale: 1])
        let refreshed = scene.apply(Scene.firing("A", received: 250, expires: 490))
        #expect(refreshed.signals == [.new: 1])
        #expect(refreshed.events.map(\.kind) == [.reopened])
    }

    @Test func `two teams with the same fingerprint are two alerts and two incidents`() throws {
        var scene = Scene()
        let other = TeamID.random()
        let changes = scene.apply(Scene.firing("A"), Scene.firing("A", team: other))
        #expect(changes.newAlerts.count == 2)
        #expect(Set(changes.events.map(\.incident.teamID)) == [Scene.team, other])
    }
}
