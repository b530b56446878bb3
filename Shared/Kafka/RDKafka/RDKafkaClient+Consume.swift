import CLibrdkafka

extension RDKafkaClient {
    /// What one poll of the consumer's queue brought.
    enum Polled {
        case nothing
        case record(IncomingRecord)
        /// The broker has no such offset, and `auto.offset.reset=error` stopped the partition.
        case offsetRefused(TopicPartition)
        /// The consumer cannot go on.
        case fatal(String)
        /// Something the library reports and handles itself.
        case notice(KafkaError)
    }

    /// Lets the consumer's queue carry everything, errors and rebalances included, and joins the group.
    func subscribe(_ topics: [String]) throws(KafkaError) {
        rd_kafka_poll_set_consumer(pointer)
        let subscription = Dictionary(topics.map { (TopicPartition(topic: $0, partition: -1), Int64(0)) }) { first, _ in first }
        let code = RDKafkaPartitionList.with(subscription) { rd_kafka_subscribe(pointer, $0) }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw .library("subscribe", code) }
    }

    /// One record, error or rebalance. Never the batch calls: before 2.1.0 they lose records around pause and rebalance.
    func consume(milliseconds: Int32) -> Polled {
        guard let message = rd_kafka_consumer_poll(pointer, milliseconds) else { return .nothing }
        defer { rd_kafka_message_destroy(message) }
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            return .record(IncomingRecord(message))
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            guard let topic = message.pointee.rkt else { return .notice(.library("poll", message.pointee.err)) }
            return .offsetRefused(
                TopicPartition(topic: String(cString: rd_kafka_topic_name(topic)), partition: message.pointee.partition))
        case RD_KAFKA_RESP_ERR__FATAL:
            return .fatal(fatalReason ?? "fatal error")
        default:
            return .notice(.library("poll", message.pointee.err))
        }
    }

    /// Replaces the assignment and where each partition starts. Positions come with it because seeking afterwards is unreliable.
    func assign(_ offsets: [TopicPartition: Int64]) -> KafkaError? {
        let code = RDKafkaPartitionList.with(offsets) { rd_kafka_assign(pointer, $0) }
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : .library("assign", code)
    }

    /// Gives every partition back.
    func unassign() { rd_kafka_assign(pointer, nil) }

    func pause(_ partitions: [TopicPartition]) {
        _ = RDKafkaPartitionList.with(Self.withoutOffsets(partitions)) { rd_kafka_pause_partitions(pointer, $0) }
    }

    func resume(_ partitions: [TopicPartition]) {
        _ = RDKafkaPartitionList.with(Self.withoutOffsets(partitions)) { rd_kafka_resume_partitions(pointer, $0) }
    }

    /// Sends the offsets to the group coordinator and does not wait for its answer.
    func commit(_ next: [TopicPartition: Int64]) {
        _ = RDKafkaPartitionList.with(next) { rd_kafka_commit(pointer, $0, 1) }
    }

    /// Asks the partition's leader for the first and the next offset. Blocks.
    func watermarks(_ partition: TopicPartition, timeoutMilliseconds: Int) -> Swift.Result<(low: Int64, high: Int64), KafkaError> {
        var low: Int64 = -1
        var high: Int64 = -1
        let code = rd_kafka_query_watermark_offsets(
            pointer, partition.topic, partition.partition, &low, &high, Int32(clamping: timeoutMilliseconds))
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return .failure(.library("watermarks", code)) }
        return .success((low, high))
    }

    /// The next offset of the partition as the last fetch told; nil before the first one. Does not block.
    func cachedHighWatermark(_ partition: TopicPartition) -> Int64? {
        var low: Int64 = -1
        var high: Int64 = -1
        let code = rd_kafka_get_watermark_offsets(pointer, partition.topic, partition.partition, &low, &high)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
    }

    /// Leaves the group (a static member only disconnects). Blocks, and some releases hang: bound it from outside.
    func closeConsumer() { rd_kafka_consumer_close(pointer) }

    static let earliest = Int64(RD_KAFKA_OFFSET_BEGINNING)

    private static func withoutOffsets(_ partitions: [TopicPartition]) -> [TopicPartition: Int64] {
        Dictionary(partitions.map { ($0, Int64(RD_KAFKA_OFFSET_INVALID)) }) { first, _ in first }
    }
}
