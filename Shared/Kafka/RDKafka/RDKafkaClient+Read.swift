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

    /// The first offset of each partition whose record has that timestamp or a later one; partitions without are absent. Blocks.
    func offsets(
        at milliseconds: Int64, of partitions: [TopicPartition], timeoutMilliseconds: Int
    ) throws(KafkaError) -> [Int32: Int64] {
        let wanted = Dictionary(partitions.map { ($0, milliseconds) }) { first, _ in first }
        var found: [Int32: Int64] = [:]
        let code = RDKafkaPartitionList.with(wanted) { list in
            let code = rd_kafka_offsets_for_times(pointer, list, Int32(clamping: timeoutMilliseconds))
            for index in 0..<Int(list.pointee.cnt) {
                let element = list.pointee.elems[index]
                if element.err == RD_KAFKA_RESP_ERR_NO_ERROR, element.offset >= 0 { found[element.partition] = element.offset }
            }
            return code
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw .library("offsets for times", code) }
        return found
    }
}
