import Kafka
import TestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct GroupFaultTests {
    @Test("Errors of the group and a coordinator that moves are ridden out, and nothing is lost")
    func groupErrors() async throws {
        let fixture = try Fixture(brokers: 2, topics: ["t": 1])
        // https://kafka.apache.org/protocol#protocol_error_codes
        let (notAvailable, notCoordinator, illegalGeneration, unknownMember, rebalance): (Int32, Int32, Int32, Int32, Int32) = (
            15, 16, 22, 25, 27
        )
        fixture.broker.push(.findCoordinator, codes: [notAvailable, notAvailable])
        fixture.broker.push(.joinGroup, codes: [notAvailable, notCoordinator, unknownMember])
        fixture.broker.push(.syncGroup, codes: [rebalance])
        try await fixture.produce(3, to: "t")
        try await fixture.withConsumer(topics: ["t"], from: fromTheBeginning) { consumer in
            #expect(try await consumer.read(3).map(\.offset) == [0, 1, 2])
            for codes in [[rebalance], [illegalGeneration, unknownMember]] {
                let (generation, start) = (try await consumer.next(idle: 10).generation, ContinuousClock.now)
                fixture.broker.push(.heartbeat, codes: codes)
                try await eventually {
                    _ = try await consumer.next(idle: 50)
                    // A rebalance that the library settles without us is as good.
                    return !consumer.isCurrent(generation) && consumer.assignment.count == 1
                        || start.duration(to: .now) > .seconds(3)
                }
            }
            for broker in [1, 2, 1] as [Int32] { try fixture.broker.setCoordinator(group: "g", broker: broker) }
            consumer.commitForLag([TopicPartition(topic: "t", partition: 0): 3])
            try await fixture.produce(2, to: "t")
            var seen: Set<Int64> = []
            try await eventually {
                seen.formUnion(try await consumer.next().records.map(\.offset))
                return seen.isSuperset(of: [3, 4])
            }
        }
    }
}
