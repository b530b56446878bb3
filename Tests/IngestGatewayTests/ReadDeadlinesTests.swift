import Synchronization
import Testing

@testable import ingest_gateway

@Suite struct ReadDeadlinesTests {
    @Test func whatIsInTimeIsLeftAlone() async {
        let deadlines = ReadDeadlines()
        for number in 0..<100 {
            let (result, isLate) = await deadlines.run(seconds: 60) {
                await Task.yield()
                return (number, Task.isCancelled)
            }
            #expect(result == (number, false) && !isLate)
        }
    }

    @Test(.timeLimit(.minutes(5))) func whatTakesTooLongIsCancelledAndItsCallerIsNot() async {
        let deadlines = ReadDeadlines()
        // Begun later, due earlier: the watch does not sleep through it.
        async let long: (result: Bool, isLate: Bool) = deadlines.run(seconds: 4) { await slept() }
        let short = await deadlines.run(seconds: 1) { await slept() }
        #expect(short.isLate && !short.result && !Task.isCancelled)
        let other = await long
        #expect(other.isLate && !other.result)
        // The watch ended with the last; the next begins a new one.
        let third = await deadlines.run(seconds: 1) { await slept() }
        #expect(third.isLate)
    }

    @Test func idsAreDifferentAndWellFormed() {
        var seen: Set<String> = []
        for _ in 0..<1000 {
            let (id, trace) = (RandomID.uuid(), RandomID.traceparent())
            #expect(TraceParent.isValid(trace) && trace.hasSuffix("-01"))
            #expect(RequestID.take(id) == id && id.utf8.count == 36)
            let parts = id.split(separator: "-")
            #expect(parts.map(\.utf8.count) == [8, 4, 4, 4, 12] && parts[2].hasPrefix("4") && "89ab".contains(parts[3].prefix(1)))
            #expect(seen.insert(id).inserted && seen.insert(trace).inserted)
        }
    }
}

/// Whether an hour passed.
private func slept() async -> Bool {
    do {
        try await Task.sleep(for: .seconds(3600))
        return true
    } catch {
        return false
    }
}
