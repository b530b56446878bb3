import CLibrdkafka
import Logging
import Synchronization

/// What the library calls back into. The closures only note what happened: no blocking, no user code.
final class RDKafkaCallbacks: Sendable {
    let logger: Logger
    /// Records taken by `produce` and not yet reported. The library's own count includes notices of other kinds.
    let unreported = Atomic(0)
    /// One delivery report: nil is an acknowledged record. Runs in the thread that polls.
    let delivered: @Sendable (KafkaError?) -> Void
    /// The group gave us these partitions; `rd_kafka_assign` is still to be called. Runs in the thread that polls.
    let assigned: @Sendable ([TopicPartition]) -> Void
    /// The group took all partitions back; already un-assigned. Runs in the thread that polls.
    let revoked: @Sendable () -> Void

    init(
        logger: Logger, delivered: @escaping @Sendable (KafkaError?) -> Void = { _ in },
        assigned: @escaping @Sendable ([TopicPartition]) -> Void = { _ in }, revoked: @escaping @Sendable () -> Void = {}
    ) {
        self.logger = logger
        self.delivered = delivered
        self.assigned = assigned
        self.revoked = revoked
    }

    /// The object behind the opaque pointer of the configuration. Never nil for a client of ours.
    static func from(_ opaque: UnsafeMutableRawPointer?) -> RDKafkaCallbacks? {
        opaque.map { Unmanaged<RDKafkaCallbacks>.fromOpaque($0).takeUnretainedValue() }
    }
}

/// May run in any thread of the library.
func rdKafkaLogged(_ client: OpaquePointer?, _ level: Int32, _ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?) {
    guard let client, let callbacks = RDKafkaCallbacks.from(rd_kafka_opaque(client)) else { return }
    // syslog levels: 0...3 are errors. Broken connections come as errors, are retried and show in error_cb too.
    callbacks.logger.log(
        level: level <= 2 ? .error : .debug, "librdkafka",
        metadata: [
            "kafka.facility": .string(facility.map { String(cString: $0) } ?? ""),
            "kafka.text": .string(text.map { String(cString: $0) } ?? ""),
        ])
}

/// Connection-level trouble; the library retries by itself.
func rdKafkaFailed(_ client: OpaquePointer?, _ code: Int32, _ reason: UnsafePointer<CChar>?, _ opaque: UnsafeMutableRawPointer?) {
    guard let callbacks = RDKafkaCallbacks.from(opaque) else { return }
    let isNotable = code != RD_KAFKA_RESP_ERR__TRANSPORT.rawValue
    callbacks.logger.log(
        level: isNotable ? .warning : .debug, "kafka client error",
        metadata: ["kafka.code": "\(code)", "kafka.reason": .string(reason.map { String(cString: $0) } ?? "")])
}

/// One report per record: releases the reference that `produce` retained.
func rdKafkaDelivered(
    _ client: OpaquePointer?, _ message: UnsafePointer<rd_kafka_message_t>?, _ opaque: UnsafeMutableRawPointer?
) {
    guard let client, let message, let owner = message.pointee._private else { return }
    let pending = Unmanaged<PendingSend>.fromOpaque(owner).takeRetainedValue()
    var failure: KafkaError?
    if message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR {
        let isFatal = rd_kafka_fatal_error(client, nil, 0) != RD_KAFKA_RESP_ERR_NO_ERROR
        failure = .undelivered(message.pointee.err, isFatal: isFatal)
    }
    let callbacks = RDKafkaCallbacks.from(opaque)
    callbacks?.unreported.subtract(1, ordering: .relaxed)
    callbacks?.delivered(failure)
    pending.recordSettled(failure)
}

func rdKafkaRebalanced(
    _ client: OpaquePointer?, _ code: rd_kafka_resp_err_t, _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
    _ opaque: UnsafeMutableRawPointer?
) {
    guard let client, let callbacks = RDKafkaCallbacks.from(opaque) else { return }
    if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, let list {
        callbacks.assigned(RDKafkaPartitionList.partitions(of: list))
    } else {
        // Revoked, or a failed rebalance: both are answered by giving everything back.
        rd_kafka_assign(client, nil)
        callbacks.revoked()
    }
}
