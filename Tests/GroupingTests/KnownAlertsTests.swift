import Grouping
import Models
import Testing

@Suite struct KnownAlertsTests {
    private static let now = Scene.start

    /// Teaches the memory an alert that fires since the start and holds for 300 s.
    private func learn(_ name: String = "A", in known: inout KnownAlerts) throws -> Alert {
        let signal = Scene.firing(name, expires: 300)
        var scene = Scene()
        let alert = try #require(scene.apply(signal).newAlerts.first)
        known.learn(alert, from: signal, content: try #require(SignalGlance(signal.encode())).content)
        return alert
    }

    private func glance(_ name: String = "A", received: Int, expires: Int? = nil) throws -> SignalGlance {
        try #require(SignalGlance(Scene.firing(name, received: received, expires: expires ?? received + 300).encode()))
    }

    @Test func `a repeat is known as long as the row may lag, and no longer`() throws {
        var known = KnownAlerts(limit: 10, touchSeconds: 5)
        let alert = try learn(in: &known)
        #expect(known.alert(repeatedBy: try glance(received: 5), now: Self.now) == alert.id)
        #expect(known.alert(repeatedBy: try glance(received: 6), now: Self.now) == nil)
        #expect(known.alert(repeatedBy: try glance(received: 1, expires: 305), now: Self.now) == alert.id)
        #expect(known.alert(repeatedBy: try glance(received: 1, expires: 306), now: Self.now) == nil)
        #expect(known.alert(repeatedBy: try glance("B", received: 1), now: Self.now) == nil)
    }

    @Test func `a repeat that is over says nothing about a row that may have expired`() throws {
        var known = KnownAlerts(limit: 10, touchSeconds: 5)
        let alert = try learn(in: &known)
        let late = try glance(received: 1, expires: 303)
        #expect(known.alert(repeatedBy: late, now: Self.now.adding(seconds: 302)) == alert.id)
        #expect(known.alert(repeatedBy: late, now: Self.now.adding(seconds: 303)) == nil)
    }

    @Test func `an end, a change of content and a newer start are not remembered as repeats`() throws {
        var scene = Scene()
        let first = Scene.firing("A", expires: 300)
        scene.apply(first)
        for signal in [Scene.resolved("A"), Scene.firing("A", at: 1), Scene.firing("A", labels: ["severity": "critical"])] {
            var known = KnownAlerts(limit: 10, touchSeconds: 5)
            _ = try learn(in: &known)
            // The row still says what the first signal said: taking this one would change it.
            known.learn(try #require(scene.alert("A")), from: signal, content: 1)
            #expect(known.count == 0)
        }
    }

    @Test func `repeats wait for their row, the oldest first, and can be given back`() throws {
        var known = KnownAlerts(limit: 10, touchSeconds: 5)
        let first = try learn("A", in: &known)
        let second = try learn("B", in: &known)
        known.note(try glance("A", received: 1), now: Self.now.adding(seconds: 1))
        known.note(try glance("B", received: 2), now: Self.now.adding(seconds: 2))
        known.note(try glance("A", received: 3), now: Self.now.adding(seconds: 3))
        #expect(known.takeDue(before: Self.now, limit: 10) == [])
        let due = known.takeDue(before: Self.now.adding(seconds: 1), limit: 10)
        #expect(due.map(\.id) == [first.id] && due.map(\.repeats) == [2])
        #expect(due.first?.lastSeenAt == Self.now.adding(seconds: 3) && due.first?.expiresAt == Self.now.adding(seconds: 303))
        known.giveBack(due)
        #expect(known.takeTouches(of: [first.id, second.id]).map(\.repeats) == [2, 1])
        #expect(known.takeTouches(of: [first.id, second.id]) == [])
    }

    @Test func `a row that was told moves the time that it is believed`() throws {
        var known = KnownAlerts(limit: 10, touchSeconds: 5)
        let alert = try learn(in: &known)
        known.note(try glance(received: 5), now: Self.now)
        for touch in known.takeDue(before: Self.now, limit: 10) { known.written(touch) }
        #expect(known.alert(repeatedBy: try glance(received: 10), now: Self.now) == alert.id)
    }

    @Test func `what is forgotten is no longer known, but its repeats are still written`() throws {
        var known = KnownAlerts(limit: 10, touchSeconds: 5)
        _ = try learn(in: &known)
        known.note(try glance(received: 1), now: Self.now)
        known.forgetAll()
        #expect(known.count == 0)
        #expect(known.alert(repeatedBy: try glance(received: 2), now: Self.now) == nil)
        #expect(known.takeDue(before: Self.now, limit: 10).map(\.repeats) == [1])
    }

    @Test func `the memory is bounded and keeps what is repeated`() throws {
        var known = KnownAlerts(limit: 8, touchSeconds: 5)
        _ = try learn("kept", in: &known)
        for number in 0..<100 {
            known.note(try glance("kept", received: 1), now: Self.now)
            _ = try learn("A\(number)", in: &known)
            #expect(known.count <= 8)
        }
        #expect(known.alert(repeatedBy: try glance("kept", received: 2), now: Self.now) != nil)
        #expect(known.alert(repeatedBy: try glance("A99", received: 2), now: Self.now) != nil)
        #expect(known.alert(repeatedBy: try glance("A1", received: 2), now: Self.now) == nil)
    }

    @Test(arguments: [(0, 5), (10, 0)]) func `nothing is remembered when it is switched off`(limit: Int, seconds: Int) throws {
        var known = KnownAlerts(limit: limit, touchSeconds: seconds)
        _ = try learn(in: &known)
        #expect(known.count == 0)
    }
}
