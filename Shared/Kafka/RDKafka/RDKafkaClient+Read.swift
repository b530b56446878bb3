import CLibrdkafka

extension RDKafkaClient {
    /// What one poll of a reader without a group brought.
    enum Read {
        case nothing
        case record(IncomingRecord)
        /// All that the partition holds has been read.
        case end(Int32)
        case failed(KafkaError)
    }

    /// Lets `read` serve everything, errors included.
    func acceptPolling() { rd_kafka_poll_set_consumer(pointer) }

    /// One record or event of the assigned partitions. Blocks at most so long.
    func read(milliseconds: Int32) -> Read {
        guard let message = rd_kafka_consumer_poll(pointer, milliseconds) else { return .nothing }
        defer { rd_kafka_message_destroy(message) }
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return .record(IncomingRecord(message))
        case RD_KAFKA_RESP_ERR__PARTITION_EOF: return .end(message.pointee.partition)
        default: return .failed(.library("read", message.pointee.err))
        }
    }
}
