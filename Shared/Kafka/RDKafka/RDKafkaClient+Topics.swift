import CLibrdkafka

extension RDKafkaClient {
    /// Every topic of the cluster with its number of partitions. Creates none. Blocks.
    func partitionCounts(timeoutMilliseconds: Int) throws(KafkaError) -> [String: Int] {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(pointer, 1, nil, &metadata, Int32(clamping: timeoutMilliseconds))
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else {
            throw .brokerUnreachable(String(cString: rd_kafka_err2str(code)))
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        var counts: [String: Int] = [:]
        for topic in UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt)) {
            guard topic.err == RD_KAFKA_RESP_ERR_NO_ERROR, let name = topic.topic else { continue }
            counts[String(cString: name)] = Int(topic.partition_cnt)
        }
        return counts
    }

    /// Asks the controller to create the topics, by name of the topic. Blocks.
    func createTopics(_ topics: [NewTopic], timeoutMilliseconds: Int) throws(KafkaError) -> [String: TopicCreation.Result] {
        var results: [String: TopicCreation.Result] = [:]
        var handles: [OpaquePointer?] = []
        defer { for handle in handles { rd_kafka_NewTopic_destroy(handle) } }
        for topic in topics {
            switch Self.newTopic(topic) {
            case .success(let handle): handles.append(handle.pointer)
            case .failure(let error): results[topic.name] = .failed(error.reason)
            }
        }
        guard !handles.isEmpty else { return results }
        return try results.merging(submit(&handles, timeoutMilliseconds: timeoutMilliseconds)) { first, _ in first }
    }

    /// A `rd_kafka_NewTopic_t` whose owner is the array that takes it.
    private struct TopicHandle { let pointer: OpaquePointer }

    private static func newTopic(_ topic: NewTopic) -> Swift.Result<TopicHandle, KafkaError> {
        var text = [CChar](repeating: 0, count: 512)
        let replication = Int32(clamping: topic.replication ?? -1)
        guard let handle = rd_kafka_NewTopic_new(topic.name, Int32(clamping: topic.partitions), replication, &text, text.count) else {
            return .failure(.configuration(String(rdKafka: text)))
        }
        for (name, value) in topic.settings.sorted(by: { $0.key < $1.key }) { rd_kafka_NewTopic_set_config(handle, name, value) }
        return .success(TopicHandle(pointer: handle))
    }

    private func submit(_ handles: inout [OpaquePointer?], timeoutMilliseconds: Int) throws(KafkaError) -> [String: TopicCreation.Result] {
        let queue = rd_kafka_queue_new(pointer)
        defer { rd_kafka_queue_destroy(queue) }
        let options = rd_kafka_AdminOptions_new(pointer, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        var text = [CChar](repeating: 0, count: 512)
        let milliseconds = Int32(clamping: timeoutMilliseconds)
        rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, &text, text.count)
        rd_kafka_AdminOptions_set_operation_timeout(options, milliseconds, &text, text.count)
        rd_kafka_CreateTopics(pointer, &handles, handles.count, options, queue)
        guard let event = rd_kafka_queue_poll(queue, Int32(clamping: timeoutMilliseconds + 1000)) else {
            throw .timedOut("the creation of topics", milliseconds: timeoutMilliseconds)
        }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        switch code {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return Self.results(of: event)
        // Also what a cluster without admin requests, such as librdkafka's mock, comes to.
        case RD_KAFKA_RESP_ERR__TIMED_OUT: throw .timedOut("the creation of topics", milliseconds: timeoutMilliseconds)
        default: throw .library("create topics", code)
        }
    }

    private static func results(of event: OpaquePointer) -> [String: TopicCreation.Result] {
        var count = 0
        guard let result = rd_kafka_event_CreateTopics_result(event),
            let topics = rd_kafka_CreateTopics_result_topics(result, &count)
        else { return [:] }
        var results: [String: TopicCreation.Result] = [:]
        for topic in UnsafeBufferPointer(start: topics, count: count) {
            guard let topic else { continue }
            let name = String(cString: rd_kafka_topic_result_name(topic))
            let code = rd_kafka_topic_result_error(topic)
            switch code {
            case RD_KAFKA_RESP_ERR_NO_ERROR: results[name] = .created
            case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: results[name] = .existed(partitions: 0)
            default:
                let text = rd_kafka_topic_result_error_string(topic).map { String(cString: $0) }
                results[name] = .failed(text ?? String(cString: rd_kafka_err2str(code)))
            }
        }
        return results
    }
}
