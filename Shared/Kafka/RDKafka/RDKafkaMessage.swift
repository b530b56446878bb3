import CLibrdkafka

extension IncomingRecord {
    /// Copies everything out of the message, which stays the caller's to destroy.
    init(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
        let source = message.pointee
        self.init(
            topic: source.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? "",
            partition: source.partition,
            offset: source.offset,
            timestampMilliseconds: rd_kafka_message_timestamp(message, nil),
            key: source.key.map { Array(UnsafeRawBufferPointer(start: $0, count: source.key_len)) },
            value: Array(UnsafeRawBufferPointer(start: source.payload, count: source.payload == nil ? 0 : source.len)),
            headers: Self.headers(of: message))
    }

    private static func headers(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> [KafkaHeader] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
        return (0..<rd_kafka_header_cnt(list)).compactMap { index in
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            let code = rd_kafka_header_get_all(list, index, &name, &value, &size)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let name else { return nil }
            return KafkaHeader(
                name: String(cString: name), value: Array(UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : size)))
        }
    }
}
