import CLibrdkafka

/// Owns the mock cluster and the client instance that it needs for its book-keeping.
final class MockCluster {
    /// The mock keeps its errors in memory; a script that wants more can ask again.
    private static let maxErrors = 100_000

    private let client: OpaquePointer
    private let cluster: OpaquePointer
    private let brokers: Int32
    /// APIs of which late answers were asked for. A broker that has late answers of its own, even used ones, looks no more at the errors of
    /// the cluster (librdkafka 2.0.2).
    private var delayed: Set<Int16> = []

    init(brokers: Int32) throws(Failure) {
        var text = [CChar](repeating: 0, count: 512)
        // Quiet: this client is never connected to anything, and says so.
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(configuration, "log_level", "2", nil, 0)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else {
            throw Failure(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        guard let cluster = rd_kafka_mock_cluster_new(client, brokers) else {
            rd_kafka_destroy(client)
            throw Failure("the mock cluster does not start")
        }
        self.client = client
        self.cluster = cluster
        self.brokers = brokers
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    /// `host:port,host:port`
    var bootstrapServers: String { String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

    /// The library's error codes by name.
    static let codes: [String: Int32] = {
        var descriptions: UnsafePointer<rd_kafka_err_desc>?
        var count = 0
        rd_kafka_get_err_descs(&descriptions, &count)
        let all = UnsafeBufferPointer(start: descriptions, count: count)
        return Dictionary(
            all.compactMap { entry in entry.name.map { (String(cString: $0), entry.code.rawValue) } },
            uniquingKeysWith: { first, _ in first })
    }()

    func create(topic: String, partitions: Int32) throws(Failure) {
        guard partitions > 0 else { throw Failure("a topic has at least one partition") }
        try check(rd_kafka_mock_topic_create(cluster, topic, partitions, min(3, brokers)))
    }

    /// Carries out what needs no answer but "ok".
    func apply(_ command: Command) throws(Failure) {
        switch command {
        case .down(let broker): try check(rd_kafka_mock_broker_set_down(cluster, broker))
        case .up(let broker): try check(rd_kafka_mock_broker_set_up(cluster, broker))
        case .roundTrip(let milliseconds, let broker): try check(rd_kafka_mock_broker_set_rtt(cluster, broker, milliseconds))
        case .error(let api, let code, let count): try push(api: api, code: code, count: count)
        case .late(let api, let milliseconds, let count, let broker):
            try delay(api: api, milliseconds: milliseconds, count: count, broker: broker)
        case .clear(let api): rd_kafka_mock_clear_request_errors(cluster, api)
        case .leader(let topic, let partition, let broker):
            try check(rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker))
        case .coordinator(let kind, let key, let broker): try check(rd_kafka_mock_coordinator_set(cluster, kind, key, broker))
        case .topic(let name, let partitions): try create(topic: name, partitions: partitions)
        case .brokers, .stop: break
        }
    }

    private func push(api: Int16, code: Int32, count: Int) throws(Failure) {
        guard (1...Self.maxErrors).contains(count) else { throw Failure("COUNT is not within 1...\(Self.maxErrors)") }
        guard !delayed.contains(api) else { throw Failure("no errors of this API after late answers of it: ask for the errors first") }
        let errors = [rd_kafka_resp_err_t](repeating: rd_kafka_resp_err_t(rawValue: code), count: count)
        rd_kafka_mock_push_request_errors_array(cluster, api, errors.count, errors)
    }

    /// A request that waits here is carried out all the same: only its answer is late.
    private func delay(api: Int16, milliseconds: Int32, count: Int, broker: Int32) throws(Failure) {
        guard (1...Self.maxErrors).contains(count) else { throw Failure("COUNT is not within 1...\(Self.maxErrors)") }
        guard milliseconds >= 0 else { throw Failure("MS is negative") }
        delayed.insert(api)
        for broker in broker == -1 ? 1...brokers : broker...broker {
            for _ in 0..<count { try check(tocsin_rd_kafka_mock_push_late_answer(cluster, broker, api, milliseconds)) }
        }
    }

    private func check(_ code: rd_kafka_resp_err_t) throws(Failure) {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw Failure(String(cString: rd_kafka_err2str(code))) }
    }
}
