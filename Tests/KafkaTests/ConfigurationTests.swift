import Testing

@testable import Kafka

@Suite struct ConfigurationTests {
    @Test(
        "The text of a refused property is repeated, unless the property may hold a secret",
        arguments: [
            ("linger.ms", true), ("sasl.password", false), ("ssl.key.pem", false), ("ssl.keystore.password", false),
        ])
    func reason(name: String, isRepeated: Bool) {
        let reason = RDKafkaConfiguration.reason(name: name, text: "Invalid value hunter2")
        #expect(reason.contains("hunter2") == isRepeated)
        #expect(isRepeated || reason.contains(name))
    }

    @Test("A property of the caller's lies over ours")
    func extra() {
        let configuration = ProducerConfiguration(brokers: "b:1", clientID: "c", extra: ["linger.ms": "9"])
        #expect(configuration.properties.last { $0.0 == "linger.ms" }?.1 == "9")
    }

    @Test("A consumer neither commits by itself nor resets an offset silently")
    func consumerSafety() {
        let properties = Dictionary(
            ConsumerConfiguration(brokers: "b:1", clientID: "c", group: "g", topics: ["t"], instanceID: "i").properties,
            uniquingKeysWith: { _, last in last })
        #expect(properties["enable.auto.commit"] == "false")
        #expect(properties["enable.auto.offset.store"] == "false")
        #expect(properties["auto.offset.reset"] == "error")
        #expect(properties["partition.assignment.strategy"] == "range")
        #expect(properties["group.instance.id"] == "i")
    }

    @Test("A request to join whose answer was lost is given up after about a minute")
    func joinTimeout() throws {
        let properties = ConsumerConfiguration(brokers: "b:1", clientID: "c", group: "g", topics: ["t"]).properties
        // librdkafka waits for the answer for this long and three seconds.
        let milliseconds = try #require(properties.last { $0.0 == "max.poll.interval.ms" }.flatMap { Int($0.1) })
        #expect((30_000...60_000).contains(milliseconds))
    }
}
