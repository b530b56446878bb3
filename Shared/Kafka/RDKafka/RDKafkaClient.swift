import CLibrdkafka
import Logging

/// Owns one `rd_kafka_t`; destroyed with the last reference, which must therefore never be dropped on the cooperative pool
/// (`rd_kafka_destroy` waits for the library's threads).
///
/// `@unchecked Sendable`: the pointer is a constant until `deinit`, and librdkafka's interface is thread-safe.
final class RDKafkaClient: @unchecked Sendable {
    enum Kind { case producer, consumer }

    let pointer: OpaquePointer
    /// The library holds it unretained; it lives until `rd_kafka_destroy` has returned because `deinit` runs before it is released.
    let callbacks: RDKafkaCallbacks

    init(_ kind: Kind, properties: [(String, String)], callbacks: RDKafkaCallbacks) throws(KafkaError) {
        self.callbacks = callbacks
        let configuration = try RDKafkaConfiguration.make(properties)
        rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(callbacks).toOpaque())
        rd_kafka_conf_set_log_cb(configuration, rdKafkaLogged)
        rd_kafka_conf_set_error_cb(configuration, rdKafkaFailed)
        switch kind {
        case .producer: rd_kafka_conf_set_dr_msg_cb(configuration, rdKafkaDelivered)
        case .consumer: rd_kafka_conf_set_rebalance_cb(configuration, rdKafkaRebalanced)
        }
        var text = [CChar](repeating: 0, count: 512)
        let type = kind == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
        guard let pointer = rd_kafka_new(type, configuration, &text, text.count) else {
            // rd_kafka_new owns the configuration only when it succeeds.
            rd_kafka_conf_destroy(configuration)
            throw .configuration(String(rdKafka: text))
        }
        self.pointer = pointer
    }

    deinit {
        rd_kafka_destroy_flags(pointer, Int32(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE))
    }

    /// The reason of the fatal error that made this instance unusable; nil while it is sound. Cheap.
    var fatalReason: String? {
        guard rd_kafka_fatal_error(pointer, nil, 0) != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        var text = [CChar](repeating: 0, count: 512)
        _ = rd_kafka_fatal_error(pointer, &text, text.count)
        return String(rdKafka: text)
    }

    /// The cluster's own id. Blocks until some broker answered.
    func clusterID(timeoutMilliseconds: Int) -> String? {
        guard let text = rd_kafka_clusterid(pointer, Int32(clamping: timeoutMilliseconds)) else { return nil }
        defer { rd_kafka_mem_free(pointer, text) }
        return String(cString: text)
    }

    /// Makes the instance fail for good, as a broker's answer may do.
    func provokeFatalError(_ reason: String) {
        rd_kafka_test_fatal_error(pointer, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, reason)
    }
}

extension String {
    /// A message that the library wrote, zero-terminated, into our buffer.
    init(rdKafka buffer: [CChar]) {
        self.init(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
