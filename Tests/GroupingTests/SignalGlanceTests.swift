import Grouping
import Models
import Testing

@Suite struct SignalGlanceTests {
    private func glance(_ change: (inout Signal) -> Void = { _ in }) -> SignalGlance? {
        var signal = Scene.firing("A", expires: 300, labels: ["severity": "high", "é": "\"\\,\"receivedAt\":\""])
        signal.generatorURL = "http://example.com/\"}"
        signal.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        change(&signal)
        return SignalGlance(signal.encode())
    }

    @Test func `times and trace are no part of the content`() throws {
        let first = try #require(glance())
        let later = try #require(
            glance {
                $0.receivedAt = Scene.start.adding(seconds: 60).adding(milliseconds: 5)
                $0.expiresAt = Scene.start.adding(seconds: 360)
                $0.traceparent = nil
            })
        #expect(first.content == later.content)
        #expect(first.receivedAt == Scene.start && first.expiresAt == Scene.start.adding(seconds: 300))
        #expect(later.receivedAt == Scene.start.adding(seconds: 60).adding(milliseconds: 5))
        #expect(later.expiresAt == Scene.start.adding(seconds: 360))
    }

    @Test(arguments: 0..<10) func `everything else is part of the content`(field: Int) throws {
        let changes: [(inout Signal) -> Void] = [
            { $0.teamID = .random() }, { $0.source = "grafana" }, { $0.fingerprint = Fingerprint("B") },
            { $0.startsAt = Scene.start.adding(seconds: 1) }, { $0.expiresAt = nil }, { $0.groupingKey = GroupingKey("x") },
            { $0.labels["severity"] = "low" }, { $0.annotations["summary"] = "s" }, { $0.generatorURL = nil },
            { $0.endsAt = Scene.start },
        ]
        let first = try #require(glance())
        #expect(glance(changes[field])?.content != first.content)
    }

    @Test func `an end is not for a glance`() { #expect(SignalGlance(Scene.resolved("A").encode()) == nil) }

    @Test func `what is cut off or not ours is decoded`() {
        let record = Scene.firing("A", expires: 300).encode()
        for count in 0..<record.count { #expect(SignalGlance(Array(record[..<count])) == nil) }
        for count in 1..<record.count { #expect(SignalGlance(Array(record[count...])) == nil) }
        var escaped = Scene.firing("A")
        escaped.fingerprint = Fingerprint("a\"b")
        #expect(SignalGlance(escaped.encode()) == nil)
    }
}
