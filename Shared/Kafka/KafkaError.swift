/// What went wrong at the Kafka border, and what the caller may do about it.
package struct KafkaError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure; a struct over a private enum so that adding a kind breaks nobody.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case queueFull, deliveryFailed, timedOut, fatal, configuration, closed, brokerUnreachable, unknownTopic, cancelled, library
        }
        private let kind: Kind

        /// The producer's local queue is full; nothing more is taken until the broker catches up.
        package static let queueFull = Code(kind: .queueFull)
        /// The broker refused a record, or it expired in the queue.
        package static let deliveryFailed = Code(kind: .deliveryFailed)
        /// No answer in time. The outcome is unknown: a late copy may still reach the topic.
        package static let timedOut = Code(kind: .timedOut)
        /// The librdkafka instance is unusable. A producer rebuilds it by itself; a consumer must be replaced.
        package static let fatal = Code(kind: .fatal)
        /// A property is unknown or its value is refused.
        package static let configuration = Code(kind: .configuration)
        /// The producer or consumer was closed.
        package static let closed = Code(kind: .closed)
        /// No broker answered.
        package static let brokerUnreachable = Code(kind: .brokerUnreachable)
        /// The cluster answered, but does not have the topic.
        package static let unknownTopic = Code(kind: .unknownTopic)
        /// The waiting task was cancelled. As for `timedOut`, the outcome of a send is unknown.
        package static let cancelled = Code(kind: .cancelled)
        /// Any other failure of the library.
        package static let library = Code(kind: .library)

        package var description: String { kind.rawValue }
    }

    package let code: Code
    /// `rd_kafka_resp_err_t` where the library gave one: negative are the client's own, positive the broker's.
    package let rdKafkaCode: Int32?
    /// For people: never holds a key, value or header of a record.
    package let reason: String
    /// The same call may succeed later.
    package let isRetriable: Bool
    package let file: String
    package let line: Int

    /// The instance that threw cannot be used any more.
    package var isFatal: Bool { code == .fatal }

    package var description: String {
        let number = rdKafkaCode.map { " [\($0)]" } ?? ""
        return "KafkaError.\(code)\(number): \(reason) (\(file):\(line))"
    }

    init(
        _ code: Code, _ reason: String, rdKafkaCode: Int32? = nil, isRetriable: Bool, file: String = #fileID, line: Int = #line
    ) {
        self.code = code
        self.reason = reason
        self.rdKafkaCode = rdKafkaCode
        self.isRetriable = isRetriable
        self.file = file
        self.line = line
    }
}

extension KafkaError {
    static func queueFull(file: String = #fileID, line: Int = #line) -> KafkaError {
        KafkaError(.queueFull, "the local queue of the producer is full", isRetriable: true, file: file, line: line)
    }

    static func timedOut(_ what: String, milliseconds: Int, file: String = #fileID, line: Int = #line) -> KafkaError {
        KafkaError(.timedOut, "\(what) not finished within \(milliseconds) ms", isRetriable: true, file: file, line: line)
    }

    static func cancelled(file: String = #fileID, line: Int = #line) -> KafkaError {
        KafkaError(.cancelled, "the waiting task was cancelled", isRetriable: true, file: file, line: line)
    }

    static func closed(_ what: String, file: String = #fileID, line: Int = #line) -> KafkaError {
        KafkaError(.closed, "the \(what) is closed", isRetriable: false, file: file, line: line)
    }

    static func configuration(_ reason: String, file: String = #fileID, line: Int = #line) -> KafkaError {
        KafkaError(.configuration, reason, isRetriable: false, file: file, line: line)
    }

    static func brokerUnreachable(_ reason: String, file: String = #fileID, line: Int = #line) -> KafkaError {
        KafkaError(.brokerUnreachable, reason, isRetriable: true, file: file, line: line)
    }

    static func unknownTopic(_ topic: String, file: String = #fileID, line: Int = #line) -> KafkaError {
        KafkaError(.unknownTopic, "the cluster has no topic \(topic)", isRetriable: true, file: file, line: line)
    }

    /// The instance failed for good with this record on its way; a new one is in place.
    static func rebuilt(_ reason: String, file: String = #fileID, line: Int = #line) -> KafkaError {
        KafkaError(.fatal, reason, isRetriable: true, file: file, line: line)
    }

    /// Another process took our instance id, or the like: this consumer will never read again.
    static func fatalConsumer(_ reason: String, file: String = #fileID, line: Int = #line) -> KafkaError {
        KafkaError(.fatal, reason, isRetriable: false, file: file, line: line)
    }

    static func threadRefused(_ errno: Int32, file: String = #fileID, line: Int = #line) -> KafkaError {
        KafkaError(.library, "the system refused a thread (errno \(errno))", isRetriable: true, file: file, line: line)
    }
}
