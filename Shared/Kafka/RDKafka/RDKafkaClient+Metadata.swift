import CLibrdkafka

extension RDKafkaClient {
    /// Asks some broker for the cluster's metadata. Blocks.
    func fetchMetadata(timeoutMilliseconds: Int) -> KafkaError? {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(pointer, 0, nil, &metadata, Int32(clamping: timeoutMilliseconds))
        defer { if let metadata { rd_kafka_metadata_destroy(metadata) } }
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : .brokerUnreachable(String(cString: rd_kafka_err2str(code)))
    }

    /// Makes the topic known to the instance, so that the first record finds its partition at once. Blocks.
    func fetchMetadata(of topic: String, timeoutMilliseconds: Int) -> KafkaError? {
        guard let handle = rd_kafka_topic_new(pointer, topic, nil) else {
            return .library("topic", rd_kafka_last_error())
        }
        defer { rd_kafka_topic_destroy(handle) }
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(pointer, 0, handle, &metadata, Int32(clamping: timeoutMilliseconds))
        defer { if let metadata { rd_kafka_metadata_destroy(metadata) } }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else {
            return .brokerUnreachable(String(cString: rd_kafka_err2str(code)))
        }
        let topics = UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt))
        let isKnown = topics.contains { $0.err == RD_KAFKA_RESP_ERR_NO_ERROR && $0.partition_cnt > 0 }
        return isKnown ? nil : .unknownTopic(topic)
    }
}
