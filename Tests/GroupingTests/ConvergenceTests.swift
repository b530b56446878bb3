import Grouping
import Models
import Testing

/// Random orders, duplicates and batch cuts of the same signals must end alike. The seeds are fixed, so a failure can be repeated.
@Suite struct ConvergenceTests {
    /// SplitMix64 (https://prng.di.unimi.it/splitmix64.c).
    struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// Up to four occurrences for each of six alerts of two groups, 20 s apart; the last of some still fires.
    static func script(_ random: inout SplitMix) -> (signals: [Signal], expected: [String: Signal.Status]) {
        var signals: [Signal] = []
        var expected: [String: Signal.Status] = [:]
        for index in 0..<6 {
            let name = "A\(index)"
            let service = index < 3 ? "checkout" : "cart"
            let occurrences = Int.random(in: 1...4, using: &random)
            for occurrence in 0..<occurrences {
                let start = occurrence * 20
                signals.append(Scene.firing(name, service: service, at: start))
                expected[name] = .firing
                if occurrence == occurrences - 1, Bool.random(using: &random) { continue }
                signals.append(Scene.resolved(name, service: service, at: start, end: start + 10))
                expected[name] = .resolved
            }
        }
        return (signals, expected)
    }

    static func check(_ scene: Scene, _ expected: [String: Signal.Status]) {
        for (name, status) in expected { #expect(scene.alert(name)?.status == status, "\(name)") }
        let openKeys = scene.open.map(\.groupingKey)
        #expect(Set(openKeys).count == openKeys.count)
        for incident in scene.incidents {
            let firing = scene.state.alerts.values.count { $0.status == .firing && $0.incidentID == incident.id }
            #expect(incident.firingCount == firing)
            #expect((incident.status == .resolved) == (firing == 0))
        }
    }

    @Test(arguments: 0..<150)
    func `any order, any duplicates and any batch cuts give the same alerts and one open incident a group`(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let (signals, expected) = ConvergenceTests.script(&random)
        var mixed = signals + signals.filter { _ in Bool.random(using: &random) }
        mixed.shuffle(using: &random)
        var scene = Scene()
        var rest = mixed[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...9, using: &random)
            scene.apply(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
            scene.wait(1)
        }
        ConvergenceTests.check(scene, expected)
        #expect(scene.apply(mixed).events.isEmpty)
    }

    @Test(arguments: 0..<20)
    func `events of each incident are numbered without gaps and no batch says more than three things of one`(seed: Int) {
        var random = SplitMix(state: UInt64(seed) + 10_000)
        let (signals, _) = ConvergenceTests.script(&random)
        var scene = Scene()
        var last: [IncidentID: Int64] = [:]
        for part in stride(from: 0, to: signals.count, by: 3) {
            let events = scene.apply(Array(signals[part..<min(part + 3, signals.count)])).events
            for event in events {
                #expect(event.sequence == (last[event.incident.id] ?? 0) + 1)
                last[event.incident.id] = event.sequence
            }
            for (_, own) in Dictionary(grouping: events, by: \.incident.id) {
                #expect(own.count <= 3)
                #expect(own.count { $0.kind == .updated } <= 1)
            }
        }
    }
}
