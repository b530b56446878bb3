import Grouping
import Models
import Testing

/// What a batch reads, what it refuses, and when silence means something.
@Suite struct GuardTests {
    private func alerts(_ signals: Signal...) -> [Alert] {
        var scene = Scene()
        scene.apply(signals)
        return Array(scene.state.alerts.values)
    }

    @Test func `a storm of repeats needs no incident`() {
        let alerts = alerts(Scene.firing("A"), Scene.firing("B"), Scene.resolved("B"))
        let repeats = [Scene.firing("A", received: 60), Scene.resolved("B", received: 60)]
        #expect(BatchNeeds(of: repeats, alerts: alerts).isEmpty)
    }

    @Test func `whatever may move an alert needs its group and the incident it belongs to`() {
        let alerts = alerts(Scene.firing("A"))
        let checkout = Group(teamID: Scene.team, key: GroupingKey("service=checkout"))
        let cart = Group(teamID: Scene.team, key: GroupingKey("service=cart"))
        let ended = BatchNeeds(of: [Scene.resolved("A")], alerts: alerts)
        #expect(ended.groups == [checkout])
        #expect(ended.incidents == alerts.compactMap(\.incidentID))
        let new = BatchNeeds(of: [Scene.firing("C"), Scene.firing("B", service: "cart"), Scene.firing("C")], alerts: alerts)
        #expect(new.groups == [cart, checkout])
        #expect(new.incidents.isEmpty)
        #expect(!BatchNeeds(of: [Scene.firing("A", labels: ["severity": "critical"])], alerts: alerts).isEmpty)
        #expect(!BatchNeeds(of: [Scene.firing("A", at: 60)], alerts: alerts).isEmpty)
    }

    /// The answer must not depend on what was left unread.
    @Test(arguments: [
        (Scene.firing("A").with { $0.fingerprint = Fingerprint("") }, "fingerprint"),
        (Scene.firing("A").with { $0.fingerprint = Fingerprint(String(repeating: "x", count: 256)) }, "fingerprint"),
        (Scene.firing("A").with { $0.labels["a\u{0}"] = "b" }, "labels"),
        (Scene.firing("A").with { $0.labels["a"] = "b\u{0}" }, "labels"),
        (Scene.firing("A").with { $0.annotations["a"] = "\u{0}" }, "annotations"),
        (Scene.firing("A").with { $0.source = "\u{0}" }, "source"),
        (Scene.firing("A").with { $0.generatorURL = "http://x/\u{0}" }, "generatorURL"),
        (Scene.firing("A").with { $0.groupingKey = GroupingKey("a=\u{0}") }, "groupingKey"),
        (Scene.firing("A").with { $0.startsAt = Timestamp(seconds: -62_135_596_801) }, "startsAt"),
        (Scene.firing("A").with { $0.expiresAt = Timestamp(seconds: 253_402_300_800) }, "expiresAt"),
        (Scene.firing("A").with { $0.status = .resolved }, "endsAt"),
    ])
    func `what PostgreSQL could not hold is named`(signal: Signal, field: String) {
        #expect(SignalFault(of: signal)?.description.hasPrefix(field + ":") == true)
    }

    @Test func `nothing expires right after the start, while behind, or while the broker is away`() {
        let start = Scene.start
        var gate = ExpiryGate(startedAt: start, graceSeconds: 90)
        #expect(!gate.isOpen(at: start.adding(seconds: 89)))
        #expect(gate.isOpen(at: start.adding(seconds: 90)))
        gate.handled(newest: start.adding(seconds: 80), at: start.adding(seconds: 100))
        #expect(gate.isOpen(at: start.adding(seconds: 100)))
        gate.handled(newest: start.adding(seconds: 60), at: start.adding(seconds: 100))
        #expect(!gate.isOpen(at: start.adding(seconds: 189)))
        #expect(gate.isOpen(at: start.adding(seconds: 190)))
        gate.lostBroker(at: start.adding(seconds: 200))
        #expect(!gate.isOpen(at: start.adding(seconds: 289)))
        #expect(gate.isOpen(at: start.adding(seconds: 290)))
    }
}

extension Signal {
    fileprivate func with(_ edit: (inout Signal) -> Void) -> Signal {
        var signal = self
        edit(&signal)
        return signal
    }
}
