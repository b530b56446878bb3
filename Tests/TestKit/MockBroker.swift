import CLibrdkafka

/// librdkafka's mock cluster inside the test process: brokers on ephemeral ports of 127.0.0.1, everything in memory.
///
/// It waits 3 s before a group's first assignment, keeps 5 MiB a partition, and knows no admin requests. Topics that nobody
/// created are created with four partitions when first asked for.
///
/// `@unchecked Sendable`: both pointers are constants, and the mock's functions hand over to its own thread.
package final class MockBroker: @unchecked Sendable {
    /// Request types for `push`: https://kafka.apache.org/protocol#protocol_api_keys
    package enum API: Int16, Sendable {
        case produce = 0
        case fetch = 1
        case listOffsets = 2
        case metadata = 3
        case offsetCommit = 8
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case syncGroup = 14
        case initProducerID = 22
    }

    /// A mock call failed; the text is the library's.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// `host:port,host:port`
    package let bootstrapServers: String
    private let client: OpaquePointer
    private let cluster: OpaquePointer
    private let brokers: Int32

    /// Starts the brokers (ids 1...`brokers`) and creates the topics with so many partitions. Stops with the last reference.
    package init(brokers: Int = 1, topics: [String: Int] = [:]) throws {
        var text = [CChar](repeating: 0, count: 512)
        // Quiet: this client is never connected to anything, and says so.
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(configuration, "log_level", "2", nil, 0)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else {
            throw Failure(description: "no client for the mock cluster")
        }
        guard let cluster = rd_kafka_mock_cluster_new(client, Int32(brokers)) else {
            rd_kafka_destroy(client)
            throw Failure(description: "no mock cluster")
        }
        self.client = client
        self.cluster = cluster
        self.brokers = Int32(brokers)
        bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
        for (name, partitions) in topics { try createTopic(name, partitions: partitions) }
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    package func createTopic(_ name: String, partitions: Int) throws {
        try check(rd_kafka_mock_topic_create(cluster, name, Int32(partitions), min(3, brokers)))
    }

    /// Drops and refuses connections; nil means every broker. Data and leaders stay.
    package func down(broker: Int32? = nil) throws { try check(rd_kafka_mock_broker_set_down(cluster, broker ?? -1)) }

    /// Takes connections again.
    package func up(broker: Int32? = nil) throws { try check(rd_kafka_mock_broker_set_up(cluster, broker ?? -1)) }

    /// Delays every answer.
    package func setRoundTrip(milliseconds: Int, broker: Int32? = nil) throws {
        try check(rd_kafka_mock_broker_set_rtt(cluster, broker ?? -1, Int32(milliseconds)))
    }

    /// Fails the next requests of that type with these broker codes, in order; -195 (`_TRANSPORT`) disconnects instead.
    /// A failed produce request writes nothing.
    package func push(_ api: API, codes: [Int32]) {
        let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
        rd_kafka_mock_push_request_errors_array(cluster, api.rawValue, errors.count, errors)
    }

    /// Forgets pushed errors that no request has met yet.
    package func clearErrors(_ api: API) { rd_kafka_mock_clear_request_errors(cluster, api.rawValue) }

    /// Moves a partition; nil leaves it without a leader.
    package func setLeader(topic: String, partition: Int32, broker: Int32?) throws {
        try check(rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker ?? -1))
    }

    /// Moves a group to another coordinator.
    package func setCoordinator(group: String, broker: Int32) throws {
        try check(rd_kafka_mock_coordinator_set(cluster, "group", group, broker))
    }

    private func check(_ code: rd_kafka_resp_err_t) throws {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw Failure(description: String(cString: rd_kafka_err2str(code))) }
    }
}
