import CLibrdkafka

enum RDKafkaPartitionList {
    /// Lends a list with the offsets to `body`; freed when it returns.
    static func with<Result>(
        _ offsets: [TopicPartition: Int64], _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Result
    ) -> Result {
        // Aborts by itself when out of memory, never nil.
        guard let list = rd_kafka_topic_partition_list_new(Int32(offsets.count)) else { preconditionFailure("no memory") }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for (key, offset) in offsets {
            rd_kafka_topic_partition_list_add(list, key.topic, key.partition)?.pointee.offset = offset
        }
        return body(list)
    }

    static func partitions(of list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> [TopicPartition] {
        (0..<Int(list.pointee.cnt)).map { index in
            let element = list.pointee.elems[index]
            return TopicPartition(topic: String(cString: element.topic), partition: element.partition)
        }
    }
}
