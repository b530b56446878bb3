import Dispatch
package import Logging

/// A topic to create.
package struct NewTopic: Sendable, Hashable {
    package var name: String
    package var partitions: Int
    /// Copies of each record; nil: the broker's default (needs Kafka 2.4).
    package var replication: Int?
    /// Topic settings such as `retention.ms`.
    package var settings: [String: String]

    package init(name: String, partitions: Int, replication: Int? = nil, settings: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.settings = settings
    }
}

/// What became of one wanted topic.
package struct TopicCreation: Sendable, Hashable {
    package enum Result: Sendable, Hashable {
        case created
        /// It was there; nothing was changed.
        case existed(partitions: Int)
        /// The broker's own words.
        case failed(String)
    }

    package let name: String
    package let result: Result
}

/// Creates topics. For the operator's command: services never do.
package struct TopicAdmin: Sendable {
    private let properties: [(String, String)]
    private let logger: Logger

    /// - Parameter extra: librdkafka properties for TLS and SASL.
    package init(brokers: String, clientID: String, extra: [String: String] = [:], logger: Logger) {
        properties = KafkaProperties.connection(brokers: brokers, clientID: clientID) + KafkaProperties.sorted(extra)
        self.logger = logger
    }

    /// Creates those that are missing.
    /// - Returns: one element for each, in the given order.
    /// - Throws: `brokerUnreachable`, `timedOut`, or `library` when the cluster as a whole refuses.
    package func create(_ topics: [NewTopic], timeoutMilliseconds: Int) async throws(KafkaError) -> [TopicCreation] {
        let result: Result<[TopicCreation], KafkaError> = await withCheckedContinuation { continuation in
            // Blocking calls, and the client's destruction: not on the cooperative pool.
            DispatchQueue(label: "tocsin.kafka.topic-admin").async {
                continuation.resume(returning: createNow(topics, timeoutMilliseconds: timeoutMilliseconds))
            }
        }
        return try result.get()
    }

    private func createNow(_ topics: [NewTopic], timeoutMilliseconds: Int) -> Result<[TopicCreation], KafkaError> {
        Result { () throws(KafkaError) in
            let client = try RDKafkaClient(.producer, properties: properties, callbacks: RDKafkaCallbacks(logger: logger))
            let existing = try client.partitionCounts(timeoutMilliseconds: timeoutMilliseconds)
            let missing = topics.filter { existing[$0.name] == nil }
            let results = missing.isEmpty ? [:] : try client.createTopics(missing, timeoutMilliseconds: timeoutMilliseconds)
            return topics.map { topic in
                if let partitions = existing[topic.name] {
                    return TopicCreation(name: topic.name, result: .existed(partitions: partitions))
                }
                return TopicCreation(name: topic.name, result: results[topic.name] ?? .failed("the broker did not answer for it"))
            }
        }
    }
}
