import Testing

@testable import Kafka

@Suite struct ConsumerStateTests {
    private let zero = TopicPartition(topic: "t", partition: 0)
    private let one = TopicPartition(topic: "t", partition: 1)

    private func reading(from offsets: [TopicPartition: Int64]) -> ConsumerState {
        var state = ConsumerState()
        state.partitionsAssigned(Array(offsets.keys))
        state.started(at: offsets, generation: state.generation)
        return state
    }

    private func incoming(_ partition: TopicPartition, _ offset: Int64) -> IncomingRecord {
        IncomingRecord(topic: partition.topic, partition: partition.partition, offset: offset, value: [])
    }

    @Test("A partition that the owner leaves out, or gives a negative offset, is read from its beginning")
    func offsets() {
        var state = ConsumerState()
        state.partitionsAssigned([zero, one])
        let offsets = state.offsets(for: [one: .offset(-5)], generation: state.generation)
        #expect(offsets == [zero: RDKafkaClient.earliest, one: RDKafkaClient.earliest])
    }

    @Test("An answer for an earlier generation is ignored")
    func staleAnswer() {
        var state = ConsumerState()
        state.partitionsAssigned([zero])
        let asked = state.generation
        state.partitionsRevoked()
        state.partitionsAssigned([zero])
        #expect(state.offsets(for: [zero: .offset(1)], generation: asked) == nil)
        state.started(at: [zero: 1], generation: asked)
        #expect(state.assigned.isEmpty)
    }

    @Test("Reading begins with the positions, also of no partition at all, and ends when the group takes them away or asks anew")
    func isReading() {
        var state = ConsumerState()
        #expect(!state.isReading)
        state.partitionsAssigned([])
        #expect(!state.isReading)
        state.started(at: [:], generation: state.generation)
        #expect(state.isReading)
        state.partitionsRevoked()
        #expect(!state.isReading)
        #expect(reading(from: [zero: 5]).isReading)
    }

    @Test("Records before the position, of other partitions, or after a revocation are not accepted")
    func accept() {
        var state = reading(from: [zero: 5])
        let accepted = [(zero, 4), (one, 5), (zero, 5), (zero, 5), (zero, 9)].map { state.accept(incoming($0.0, Int64($0.1))) }
        #expect(accepted == [false, false, true, false, true])
        #expect(state.next == [zero: 10])
        state.restart()
        let late = state.accept(incoming(zero, 10))
        #expect(!late)
    }

    @Test("Repair moves only the refused partitions, and tells what was lost")
    func repair() {
        var state = reading(from: [zero: 5, one: 7])
        state.refuse(zero)
        #expect(state.mustSettle(at: .now))
        let repair = state.repair([zero: (low: 20, high: 30)])
        #expect(repair.offsets == [zero: 20, one: 7])
        state.repaired(repair, generation: state.generation)
        let reports = [state.takeGaps(), state.takeGaps()]
        #expect(reports == [[Gap(topic: "t", partition: 0, expected: 5, resumedAt: 20, reason: .trimmed)], []])
        #expect(!state.mustSettle(at: .now))
    }

    @Test("A gap found after carried records waits until they are handed out")
    func carriedFirst() {
        var state = reading(from: [zero: 5])
        state.carry(incoming(zero, 5))
        state.refuse(zero)
        #expect(!state.mustSettle(at: .now))
        let carried = state.takeCarried()
        #expect(carried.map(\.offset) == [5])
        #expect(state.mustSettle(at: .now))
    }

    @Test("Failed attempts back off from 100 ms to 2 s")
    func backoff() {
        var state = ConsumerState()
        state.partitionsAssigned([zero])
        let now = ContinuousClock.now
        var waits: [Int] = []
        for _ in 0..<7 {
            state.settlingFailed(at: now)
            waits.append(state.retryAt.map { Milliseconds.from(now, to: $0) } ?? -1)
        }
        #expect(waits == [100, 200, 400, 800, 1600, 2000, 2000])
        #expect(!state.mustSettle(at: now))
        #expect(state.mustSettle(at: now.advanced(by: .seconds(2))))
    }

    @Test(
        "Where to go on after a refused offset",
        arguments: [
            (expected: Int64(5), low: Int64(8), high: Int64(10), resumedAt: Int64?(8), reason: Gap.Reason?.some(.trimmed)),
            (expected: 50, low: 0, high: 10, resumedAt: 0, reason: .recreated),
            (expected: 50, low: 0, high: 0, resumedAt: 0, reason: .recreated),
            (expected: 8, low: 8, high: 10, resumedAt: nil, reason: nil),
            (expected: 10, low: 8, high: 10, resumedAt: nil, reason: nil),
        ])
    func gaps(expected: Int64, low: Int64, high: Int64, resumedAt: Int64?, reason: Gap.Reason?) {
        let gap = Gap.between(zero, expected: expected, low: low, high: high)
        #expect(gap?.resumedAt == resumedAt)
        #expect(gap?.reason == reason)
    }
}
