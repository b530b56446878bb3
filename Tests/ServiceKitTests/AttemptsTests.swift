import Kafka
import Testing

@testable import ServiceKit

@Suite struct AttemptsTests {
    private let zero = TopicPartition(topic: "t", partition: 0)
    private let one = TopicPartition(topic: "t", partition: 1)

    private func record(_ offset: Int64, in partition: TopicPartition) -> IncomingRecord {
        IncomingRecord(
            topic: partition.topic, partition: partition.partition, offset: offset, timestampMilliseconds: 0, key: nil, value: [],
            headers: [])
    }

    private func attempts(_ count: Int, at offset: Int64 = 7, batchRecords: Int = 10) -> Attempts {
        Attempts(starts: [zero: Attempts.Start(offset: offset, attempts: count)], batchRecords: batchRecords)
    }

    @Test("only the first records of a partition after an assignment are counted")
    func firstOnly() {
        var attempts = Attempts(
            starts: [zero: .init(offset: 7, attempts: 1), one: .init(offset: 3, attempts: 0)], batchRecords: 10)
        let first = BatchWork([record(7, in: zero), record(8, in: zero)])
        #expect(attempts.parts(of: first.records).map(\.records.count) == [2])
        #expect(attempts.verdict(first) == .count([zero: 2]))
        attempts.begun(first)
        #expect(attempts.verdict(first) == .begin)
        #expect(attempts.verdict(BatchWork([record(9, in: zero), record(3, in: one)])) == .count([one: 1]))
    }

    @Test("a start that was begun twice without moving puts its partition under suspicion, for as long as a batch, and no other")
    func suspicion() {
        var attempts = Attempts(
            starts: [zero: .init(offset: 7, attempts: 2), one: .init(offset: 3, attempts: 1)], batchRecords: 3)
        let parts = attempts.parts(of: [record(7, in: zero), record(3, in: one), record(8, in: zero)])
        #expect(parts.map(\.isAlone) == [false, true, true])
        #expect(parts.map { $0.records.map(\.offset) } == [[3], [7], [8]])
        #expect(attempts.parts(of: [record(9, in: zero)]).map(\.isAlone) == [true])
        #expect(attempts.parts(of: [record(10, in: zero)]).map(\.isAlone) == [false])
    }

    @Test(
        "a record that was begun alone three times is put aside; one that was not is counted",
        arguments: [(2, 3), (3, 4), (4, 5), (5, nil), (9, nil)] as [(Int, Int?)])
    func alone(before: Int, next: Int?) {
        let work = BatchWork([record(7, in: zero)], isAlone: true)
        #expect(attempts(before).verdict(work) == next.map { .count([zero: $0]) } ?? .putAside)
    }

    @Test("the records behind the one that was put aside begin at their own first attempt alone")
    func behind() {
        var attempts = attempts(5)
        let parts = attempts.parts(of: [record(7, in: zero), record(8, in: zero)])
        #expect(attempts.verdict(parts[0]) == .putAside)
        attempts.begun(parts[0])
        #expect(attempts.verdict(parts[1]) == .count([zero: 3]))
    }

    @Test("attempts at an offset that the log no longer has are not those of the record that comes next")
    func hole() {
        #expect(attempts(5).verdict(BatchWork([record(9, in: zero)], isAlone: true)) == .count([zero: 3]))
        #expect(attempts(1).verdict(BatchWork([record(9, in: zero)])) == .count([zero: 1]))
    }

    @Test("a failure that the process outlives is taken back, and earlier deaths are not forgotten")
    func outlived() {
        var attempts = attempts(4)
        let work = attempts.parts(of: [record(7, in: zero)])[0]
        for _ in 0..<5 {
            #expect(attempts.verdict(work) == .count([zero: 5]))
            attempts.begun(work)
            #expect(attempts.outlived(work, counted: 5) == 4)
        }
    }

    @Test("a record whose COMMIT may have happened is looked up, not counted")
    func unknown() {
        var work = BatchWork([record(7, in: zero)], isAlone: true)
        work.mustVerify = true
        #expect(attempts(5).verdict(work) == .begin)
    }
}
