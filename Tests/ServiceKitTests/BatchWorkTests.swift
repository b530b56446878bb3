import Kafka
import Models
import Testing

@testable import ServiceKit

@Suite struct BatchWorkTests {
    private func record(_ partition: Int32, _ offset: Int64) -> IncomingRecord {
        IncomingRecord(topic: "t", partition: partition, offset: offset, value: [])
    }

    private func partition(_ number: Int32) -> TopicPartition { TopicPartition(topic: "t", partition: number) }

    @Test("the next offset is the highest of each partition plus one, unfit records included")
    func nextOffsets() {
        var work = BatchWork([record(0, 5), record(1, 9), record(0, 6), record(0, 7)])
        work.putAside(3, reason: "unfit")
        #expect(work.records.count == 3)
        #expect(work.nextOffsets == [partition(0): 8, partition(1): 10])
    }

    @Test("halves keep the order, cover everything, and never move an offset past a record of the second half")
    func halves() throws {
        var work = BatchWork((0..<5).map { record(0, $0) } + (0..<4).map { record(1, $0) })
        work.putAside(8, reason: "late")
        work.putAside(1, reason: "early")
        let halves = work.halves()
        try #require(halves.count == 2)
        #expect(halves.flatMap { $0.records.map(\.offset) } == work.records.map(\.offset))
        #expect(halves[0].unfit.map(\.reason) == ["early"])
        #expect(halves[1].unfit.map(\.reason) == ["late"])
        for (partition, next) in halves[0].nextOffsets {
            #expect(halves[1].records.allSatisfy { $0.topicPartition != partition || $0.offset >= next })
        }
        #expect(halves[0].nextOffsets.merging(halves[1].nextOffsets, uniquingKeysWith: max) == work.nextOffsets)
    }

    @Test("a consumer starts where the database says, or at the beginning where that means nothing")
    func startPositions() {
        let stored = [
            partition(0): StoredOffset(clusterID: "here", next: 42), partition(1): StoredOffset(clusterID: "elsewhere", next: 42),
            partition(2): StoredOffset(clusterID: "", next: 42),
        ]
        let all = (0..<4).map { partition($0) }
        #expect(
            ConsumerPositions.startPositions(all, stored, clusterID: "here") == [
                partition(0): .offset(42), partition(1): .earliest, partition(2): .offset(42), partition(3): .earliest,
            ])
        #expect(ConsumerPositions.startPositions(all, stored, clusterID: nil)[partition(1)] == .offset(42))
    }

    @Test("after a commit of unknown outcome the rows tell what happened")
    func compare() {
        let before = StoredOffset(clusterID: "c", next: 10)
        let advance = OffsetAdvance(
            group: "g", owner: "o", clusterID: "c",
            steps: [.init(partition: partition(0), expected: before, next: 15), .init(partition: partition(1), expected: nil, next: 3)])
        let after = [partition(0): StoredOffset(clusterID: "c", next: 15), partition(1): StoredOffset(clusterID: "c", next: 3)]
        #expect(advance.compare(after) == .done)
        #expect(advance.compare([partition(0): before]) == .notDone)
        #expect(advance.compare([partition(0): StoredOffset(clusterID: "c", next: 12)]) == .fenced)
    }

    @Test("what a thrown error means for the batch")
    func failures() {
        struct Bug: Error {}
        #expect(BatchFailure(PoisonRecord(index: 2, reason: "no")) == .poison(index: 2, reason: "no"))
        #expect(BatchFailure(CancellationError()) == .surroundings(cause: "cancelled", detail: ""))
        #expect(BatchFailure(Bug()) == .defect(reason: "Bug()", detail: "Bug"))
        #expect(BatchFailure(PoisonRecord(index: 0, reason: "a\u{0}b")) == .poison(index: 0, reason: "ab"))
    }

    @Test("the backoff doubles to its cap and starts again after a success")
    func backoff() {
        var backoff = Backoff(firstMilliseconds: 100, capMilliseconds: 1000)
        #expect((0..<6).map { _ in backoff.failed(jitter: 0.999) } == [99, 199, 399, 799, 999, 999])
        backoff.succeeded()
        #expect(backoff.failed(jitter: 0) == 50)
    }
}
