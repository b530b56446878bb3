import Kafka
import Models
import Postgres
import Synchronization
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(10))) struct BatchLanesTests {
    private func records(_ partitions: [Int32]) -> [IncomingRecord] {
        partitions.enumerated().map { IncomingRecord(topic: "t", partition: $0.element, offset: Int64($0.offset), value: []) }
    }

    @Test("each partition belongs to one lane, in its order, and every record to one portion")
    func shares() {
        let given = records((0..<1000).map { Int32($0 * 7 % 13) })
        let shares = BatchLanes.shares(of: given, lanes: 3, maxRecords: 100)
        #expect(shares.count == 3)
        #expect(shares.joined().allSatisfy { !$0.isEmpty && $0.count <= 100 })
        let lanes = shares.map { Array($0.joined()) }
        #expect(lanes.allSatisfy { $0.map(\.offset) == $0.map(\.offset).sorted() })
        #expect(lanes.joined().map(\.offset).sorted() == given.map(\.offset))
        let owners = lanes.map { Set($0.map(\.partition)) }
        #expect(owners.map(\.count).reduce(0, +) == 13)
        #expect(lanes.allSatisfy { (250...420).contains($0.count) })
    }

    @Test("few records, or one partition, are not worth a second transaction")
    func oneLane() {
        #expect(BatchLanes.shares(of: records([0, 1, 2, 3]), lanes: 4, maxRecords: 100).count == 1)
        let shares = BatchLanes.shares(of: records(Array(repeating: 5, count: 250)), lanes: 4, maxRecords: 100)
        #expect(shares.map { $0.map(\.count) } == [[100, 100, 50]])
    }

    /// A lane that notes how many run at once and how often it was reset; otherwise `TableHandler`.
    private final class Lane: BatchHandler {
        struct Seen {
            var now = 0
            var most = 0
            var resets = 0
        }

        private let table = TableHandler()
        private let note: @Sendable (_ running: Int, _ resets: Int) -> Void

        init(_ note: @escaping @Sendable (Int, Int) -> Void) { self.note = note }

        func handle(_ records: [IncomingRecord], in connection: PostgresConnection, now: Timestamp) async throws -> [Fact] {
            note(1, 0)
            defer { note(-1, 0) }
            _ = try await connection.query("SELECT pg_sleep(0.1)")
            return try await table.handle(records, in: connection, now: now)
        }

        func reset() async { note(0, 1) }
    }

    @Test("lanes run side by side, and every record takes effect once, in the order of its partition")
    func together() async throws {
        let seen = Mutex(Lane.Seen())
        try await Harness.run(signalPartitions: 6) { harness in
            let values = (0..<600).map { "\($0 % 40) \($0)" }
            try await harness.produce(values) { String($0.split(separator: " ")[0]) }
            let lanes = (0..<3).map { _ in
                Lane { running, resets in
                    seen.withLock {
                        $0.now += running
                        $0.most = max($0.most, $0.now)
                        $0.resets += resets
                    }
                }
            }
            let worker = BatchWorker(
                runtime: harness.runtime, group: "example", topics: [.signals], maxRecords: 100, maxWaitMilliseconds: 20, lanes: lanes)
            try await harness.serving(worker) {
                try await eventually("all handled") { try await harness.seen().count >= values.count }
            }
            let handled = try await harness.seen()
            #expect(handled.sorted() == values.sorted())
            for key in 0..<40 {
                #expect(handled.filter { $0.hasPrefix("\(key) ") } == values.filter { $0.hasPrefix("\(key) ") })
            }
        }
        let (most, resets) = seen.withLock { ($0.most, $0.resets) }
        #expect(most > 1 && most <= 3)
        #expect(resets == 3)
    }
}
