import Grouping
import Models
import Testing

@testable import tocsin

@Suite struct SignalCheckTests {
    /// What the database would hold after the grouper, alone with its pure code, took signals one batch after the other.
    struct Course {
        var state = GroupState()
        var history: [Occurrence.ID: Occurrence] = [:]

        mutating func apply(_ batch: [Signal], at now: Timestamp, resolveByHand: Bool = false) throws {
            var grouping = GroupingBatch(state: state, now: now)
            grouping.take(batch)
            keep(grouping.changes(numbers: []))
            guard resolveByHand else { return }
            for incident in state.incidents.values where incident.status != .resolved {
                let event = try incident.resolved(by: .system("test"), at: now)
                state = state.applying(GroupingChanges(events: [event]))
            }
        }

        mutating func expire(at now: Timestamp) {
            var grouping = GroupingBatch(state: state, now: now)
            grouping.expire()
            keep(grouping.changes(numbers: []))
        }

        private mutating func keep(_ changes: GroupingChanges) {
            state = state.applying(changes)
            for occurrence in changes.occurrences { history[occurrence.id] = occurrence }
        }

        func evidence(_ fingerprint: String) -> AlertEvidence? {
            let id = Alert.ID(teamID: VerifyScene.team, fingerprint: Fingerprint(fingerprint))
            guard let alert = state.alerts[id] else { return nil }
            let rows = history.values.filter { $0.id.alert == id }
            let current = rows.first { $0.id.number == alert.occurrence }
            return AlertEvidence(
                status: alert.status, startsAt: alert.startsAt, lastSeenAt: alert.lastSeenAt, resolveSeenAt: alert.resolveSeenAt,
                incidentID: alert.incidentID, current: current.map { .init(incidentID: $0.incidentID, isEnded: $0.endsAt != nil) },
                ended: rows.count { $0.endsAt != nil }, open: rows.count { $0.endsAt == nil })
        }
    }

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

    /// Firings and ends of a few occurrences: told early and late, again and again, some expiring, in any order.
    static func script(_ random: inout SplitMix) -> [Signal] {
        var signals: [Signal] = []
        for _ in 0..<Int.random(in: 3...14, using: &random) {
            let start = Int.random(in: 0...3, using: &random) * 200
            let delay = [1, 5, 90, 310, 700].randomElement(using: &random) ?? 1
            if Bool.random(using: &random) {
                let expires = Bool.random(using: &random) ? start + delay + 60 : nil
                signals.append(VerifyScene.signal(startsAt: start, receivedAt: start + delay, expiresAt: expires))
            } else {
                let end = start + Int.random(in: 0...250, using: &random)
                signals.append(VerifyScene.signal(startsAt: start, endsAt: end, receivedAt: end + delay))
            }
        }
        return signals.shuffled(using: &random)
    }

    @Test("Whatever the grouper makes of any signals in any order, none of them is called lost", arguments: 0..<1500)
    func noFalseAlarm(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let signals = Self.script(&random)
        var course = Course()
        var now = 1000
        for signal in signals {
            now += Int.random(in: 0...120, using: &random)
            try course.apply([signal], at: VerifyScene.at(now), resolveByHand: Int.random(in: 0..<8, using: &random) == 0)
            if Int.random(in: 0..<4, using: &random) == 0 { course.expire(at: VerifyScene.at(now)) }
        }
        let evidence = try #require(course.evidence("f"))
        for signal in signals { #expect(SignalCheck.verdict(on: signal, evidence) == .ok) }
        #expect(SignalCheck.contradictions(of: evidence).map(\.reason) == [])
    }

    private func reason(_ missing: Signal, after others: [Signal]) throws -> String? {
        var course = Course()
        for (index, signal) in others.enumerated() { try course.apply([signal], at: VerifyScene.at(2000 + index)) }
        guard case .lost(let reason, _) = SignalCheck.verdict(on: missing, course.evidence("f")) else { return nil }
        return reason
    }

    @Test("An alert of which nothing is there is lost")
    func noAlert() throws {
        #expect(try reason(VerifyScene.signal(), after: []) == "no_alert")
        #expect(try reason(VerifyScene.signal(), after: [VerifyScene.signal("other")]) == "no_alert")
    }

    @Test("A new occurrence that the alert has never heard of is lost, its end too")
    func newOccurrence() throws {
        let before = [VerifyScene.signal(startsAt: 0), VerifyScene.signal(startsAt: 0, endsAt: 50)]
        #expect(try reason(VerifyScene.signal(startsAt: 100), after: before) == "start_unknown")
        #expect(try reason(VerifyScene.signal(startsAt: 100, endsAt: 120), after: before) == "start_unknown")
    }

    @Test("A repeat that did not move the time of the last sight is lost")
    func repeatLost() throws {
        #expect(try reason(VerifyScene.signal(receivedAt: 60), after: [VerifyScene.signal(receivedAt: 2)]) == "not_seen")
    }

    @Test("An end that the alert does not know is lost; one that a later start has made past is not")
    func endLost() throws {
        let end = VerifyScene.signal(startsAt: 0, endsAt: 30)
        #expect(try reason(end, after: [VerifyScene.signal()]) == "end_not_seen")
        #expect(try reason(end, after: [VerifyScene.signal(), VerifyScene.signal(startsAt: 60)]) == nil)
    }

    @Test("What contradicts itself about an alert is named")
    func contradictions() {
        let good = AlertEvidence(
            status: .firing, startsAt: VerifyScene.start, lastSeenAt: VerifyScene.start, resolveSeenAt: nil, incidentID: .random(),
            current: nil, ended: 0, open: 1)
        func reasons(_ change: (inout AlertEvidence) -> Void) -> [String] {
            var evidence = good
            evidence.current = .init(incidentID: evidence.incidentID, isEnded: false)
            change(&evidence)
            return SignalCheck.contradictions(of: evidence).map(\.reason)
        }
        #expect(reasons { _ in } == [])
        #expect(reasons { $0.current = nil } == ["no_occurrence"])
        #expect(reasons { $0.open = 2 } == ["two_occurrences"])
        #expect(reasons { $0.current?.isEnded = true } == ["occurrence_end"])
        #expect(reasons { $0.current?.incidentID = .random() } == ["occurrence_incident"])
        #expect(
            reasons {
                $0.incidentID = nil
                $0.current?.incidentID = nil
            } == ["no_incident"])
    }
}
