import CLibrdkafka

// Codes: librdkafka/rdkafka.h, rd_kafka_resp_err_t. Negative ones are the client's, positive ones the broker's.
extension KafkaError {
    /// The broker's refusals that the same record will meet again.
    private static let permanent: Set<Int32> = Set(
        [
            RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG,
            RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE,
            RD_KAFKA_RESP_ERR_POLICY_VIOLATION, RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR__AUTHENTICATION,
        ].map(\.rawValue))

    /// Refusals that are the record's own fault: others may pass meanwhile.
    private static let unfit: Set<Int32> = Set(
        [
            RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_RECORD,
            RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
        ].map(\.rawValue))

    /// The broker (or the library, by its own limit) will never take one of the records, however often it is sent.
    package var isUnfitRecord: Bool { code == .deliveryFailed && rdKafkaCode.map(Self.unfit.contains) ?? false }

    /// A record that `produce` or a delivery report refused. `isFatal`: the whole instance is unusable.
    static func undelivered(
        _ code: rd_kafka_resp_err_t, isFatal: Bool, file: String = #fileID, line: Int = #line
    ) -> KafkaError {
        let reason = String(cString: rd_kafka_err2str(code))
        func error(_ kind: Code, isRetriable: Bool = true) -> KafkaError {
            KafkaError(kind, reason, rdKafkaCode: code.rawValue, isRetriable: isRetriable, file: file, line: line)
        }
        if isFatal || code == RD_KAFKA_RESP_ERR__FATAL { return error(.fatal) }
        switch code {
        case RD_KAFKA_RESP_ERR__QUEUE_FULL: return error(.queueFull)
        case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT: return error(.timedOut)
        case RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, RD_KAFKA_RESP_ERR__DESTROY: return error(.closed)
        default: return error(.deliveryFailed, isRetriable: !permanent.contains(code.rawValue))
        }
    }

    /// Any other refusal of the library.
    static func library(
        _ what: String, _ code: rd_kafka_resp_err_t, file: String = #fileID, line: Int = #line
    ) -> KafkaError {
        let reason = "\(what): \(String(cString: rd_kafka_err2str(code)))"
        let kind: Code = code == RD_KAFKA_RESP_ERR__FATAL ? .fatal : .library
        let isRetriable = kind != .fatal && !permanent.contains(code.rawValue)
        return KafkaError(kind, reason, rdKafkaCode: code.rawValue, isRetriable: isRetriable, file: file, line: line)
    }
}
