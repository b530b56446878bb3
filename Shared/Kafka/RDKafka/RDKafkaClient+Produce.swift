import CLibrdkafka
import Synchronization

extension RDKafkaClient {
    /// Queues one record without blocking. On success the library retains `pending` until the delivery report.
    func produce(_ record: OutgoingRecord, pending: PendingSend) -> KafkaError? {
        let headers = Self.makeHeaders(record.headers)
        let opaque = Unmanaged.passRetained(pending)
        callbacks.unreported.add(1, ordering: .relaxed)
        let code = record.key.withUnsafeBytes { key in
            record.value.withUnsafeBytes { value in
                tocsin_rd_kafka_produce(
                    pointer, record.topic, key.isEmpty ? nil : key.baseAddress, key.count, value.baseAddress, value.count, headers,
                    opaque.toOpaque())
            }
        }
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        // There will be no report, and the headers stayed ours.
        opaque.release()
        callbacks.unreported.subtract(1, ordering: .relaxed)
        if let headers { rd_kafka_headers_destroy(headers) }
        return .undelivered(code, isFatal: false)
    }

    /// Records taken by `produce` and not yet reported as delivered or failed.
    var queuedRecords: Int { callbacks.unreported.load(ordering: .relaxed) }

    private static func makeHeaders(_ headers: [KafkaHeader]) -> OpaquePointer? {
        guard !headers.isEmpty else { return nil }
        let list = rd_kafka_headers_new(headers.count)
        for header in headers {
            header.value.withUnsafeBytes { value in
                _ = rd_kafka_header_add(list, header.name, -1, value.baseAddress, value.count)
            }
        }
        return list
    }

    /// Serves delivery reports; waits for the first one at most so long.
    func poll(milliseconds: Int32) { rd_kafka_poll(pointer, milliseconds) }

    /// Sends without lingering and serves reports until all are in. False when time ran out.
    func flush(milliseconds: Int32) -> Bool { rd_kafka_flush(pointer, milliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR }

    /// Gives up every record not yet acknowledged; their reports come with the next poll.
    func purge() { rd_kafka_purge(pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT) }
}
