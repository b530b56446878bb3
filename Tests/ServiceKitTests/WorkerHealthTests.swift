import Kafka
import Models
import Synchronization
import Testing

@testable import ServiceKit

@Suite struct WorkerHealthTests {
    /// A place in a group that the test moves.
    private final class Place: Membership {
        private let reading = Mutex(false)

        var isReading: Bool { reading.withLock { $0 } }
        var assignment: [TopicPartition] { isReading ? [TopicPartition(topic: "t", partition: 0)] : [] }

        func read(_ isReading: Bool) { reading.withLock { $0 = isReading } }
    }

    private let start = Timestamp(microseconds: 1_700_000_000_000_000)
    private let health = WorkerHealth()
    private let place = Place()

    private func at(_ seconds: Double) -> Timestamp { Timestamp(microseconds: start.microseconds + Int64(seconds * 1e6)) }

    /// The loop turns every second up to then.
    private func turn(from: Int, to: Int) {
        for second in from...to { health.turned(now: at(Double(second))) }
    }

    @Test("Nothing is ready before the consumer is there and after it is gone")
    func gone() {
        #expect(!health.status(now: start).isOK)
        health.started(place, now: start)
        #expect(health.status(now: start).isOK)
        health.stopped()
        #expect(health.status(now: start).detail == "not consuming")
    }

    @Test("A worker that waits for its partitions is ready, says so, and is no longer when the group cannot mean it to wait any more")
    func waiting() {
        health.started(place, now: start)
        turn(from: 0, to: 74)
        #expect(health.status(now: at(74)) == .ok("waits for its partitions for 74 s"))
        turn(from: 75, to: 76)
        #expect(health.status(now: at(76)) == .failed("waits for its partitions for 76 s"))
        place.read(true)
        #expect(health.turned(now: at(77)) == 0)
        #expect(health.status(now: at(77)) == .ok("1 partitions"))
    }

    @Test("The wait counts from when the partitions were taken away, not from the start")
    func rebalance() {
        health.started(place, now: start)
        place.read(true)
        turn(from: 0, to: 100)
        place.read(false)
        health.turned(now: at(101))
        #expect(health.turned(now: at(103)) == 2)
        #expect(health.status(now: at(103)) == .ok("waits for its partitions for 2 s"))
    }

    @Test("A loop that does not come round is stuck, unless it has a batch in hand, which may take its own time")
    func standstill() {
        health.started(place, now: start)
        place.read(true)
        health.turned(now: start)
        #expect(health.status(now: at(60)).isOK)
        #expect(health.status(now: at(62)) == .failed("the loop stands still for 62 s"))
        health.inHand(since: at(30))
        #expect(health.status(now: at(62)).isOK)
        #expect(health.status(now: at(91)) == .failed("batch in hand for 61 s"))
    }

    @Test("A worker that has records to read and reads none for a minute is stuck; one that reads some is not")
    func behind() {
        health.started(place, now: start)
        place.read(true)
        for second in 0...61 {
            health.turned(now: at(Double(second)))
            health.measured(behind: 7, handledSome: second == 0, now: at(Double(second)))
        }
        #expect(health.status(now: at(61)).isOK)
        health.turned(now: at(62))
        #expect(health.status(now: at(62)) == .failed("7 records behind, none read for 61 s"))
        health.measured(behind: 5, handledSome: true, now: at(62))
        #expect(health.status(now: at(62)).isOK)
        health.measured(behind: 0, handledSome: false, now: at(63))
        #expect(health.status(now: at(63)).isOK)
    }

    @Test("Trouble with a batch is told before anything else")
    func trouble() {
        health.started(place, now: start)
        health.trouble("connection")
        #expect(health.status(now: start) == .failed("batch waits: connection"))
        health.trouble(nil)
        #expect(health.status(now: start).isOK)
    }

    @Test("The pause between two looks at the start grows with its age, up to the usual second")
    func pauseOfStart() {
        #expect(HealthMonitor.pauseOfStart(age: .zero) == .milliseconds(20))
        #expect(HealthMonitor.pauseOfStart(age: .milliseconds(400)) == .milliseconds(100))
        #expect(HealthMonitor.pauseOfStart(age: .seconds(60)) == .seconds(1))
    }
}
