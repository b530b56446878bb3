package import Logging

/// Reads a whole topic beside everybody else: no group, no offsets, all partitions. For the operator's command and tests; services use
/// ``Consumer``. Must be closed. One task drives it.
package final class TopicReader: Sendable {
    package enum Start: Sendable, Hashable {
        /// The oldest record that the broker has.
        case beginning
        /// Records produced after `open`.
        case end
        /// Records whose timestamps, in milliseconds since 1970, lie from the one time up to about the other; nil: up to the end. Near both
        /// ends there may be others among them: timestamps of one partition need not rise.
        case time(from: Int64, to: Int64?)
        /// The given offset of each partition; those not named from the oldest record.
        case offsets([Int32: Int64])
    }

    /// What a partition held when it was opened, and which part of it is read.
    package struct Span: Sendable, Hashable {
        /// Offset of the oldest record there was, and the offset after the newest.
        package let low: Int64
        package let high: Int64
        /// Read from here up to, not including, `end`.
        package let start: Int64
        package let end: Int64

        package init(low: Int64, high: Int64, start: Int64, end: Int64) {
            self.low = low
            self.high = high
            self.start = start
            self.end = end
        }
    }

    private struct State {
        var client: RDKafkaClient?
        /// Partitions whose records of the time of `open` are not all read.
        var unread: [Int32: Int64] = [:]
        var spans: [Int32: Span] = [:]
    }

    private let state: Guarded<State>
    private let thread: WorkerThread

    /// - Parameter extra: librdkafka properties for TLS and SASL.
    package init(brokers: String, clientID: String, extra: [String: String] = [:], logger: Logger) throws(KafkaError) {
        let properties =
            KafkaProperties.connection(brokers: brokers, clientID: clientID) + [
                // The library wants a name before it lets anybody read; no group is joined and nothing is committed.
                ("group.id", clientID), ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
                ("auto.offset.reset", "earliest"), ("enable.partition.eof", "true"), ("allow.auto.create.topics", "false"),
                ("fetch.wait.max.ms", "50"),
            ] + KafkaProperties.sorted(extra)
        let client = try RDKafkaClient(.consumer, properties: properties, callbacks: RDKafkaCallbacks(logger: logger))
        state = Guarded(State(client: client))
        thread = try WorkerThread()
    }

    /// Finds the partitions and their ends, and begins to read.
    /// - Throws: `brokerUnreachable`, `unknownTopic`.
    package func open(_ topic: String, from start: Start, timeoutMilliseconds: Int) async throws(KafkaError) {
        let result = await perform { client in
            Result { () throws(KafkaError) in try self.openNow(client, topic, start, timeoutMilliseconds) }
        }
        try result.get()
    }

    /// Records as they come, at most `maxRecords`; empty when there were none for `waitMilliseconds`.
    package func next(maxRecords: Int, waitMilliseconds: Int) async throws(KafkaError) -> [IncomingRecord] {
        let result = await perform { client in
            Result { () throws(KafkaError) in try self.read(client, maxRecords, waitMilliseconds) }
        }
        return try result.get()
    }

    /// All that the topic held when it was opened has been read.
    package var isAtEnd: Bool { get async { state.withLock { $0.unread.isEmpty } } }

    /// The partitions as `open` found them.
    package var spans: [Int32: Span] { state.withLock(\.spans) }

    /// The cluster's id; nil where no broker tells in time.
    package func clusterID(timeoutMilliseconds: Int) async -> String? {
        // Closed is as good as unknown.
        try? await perform { client in .success(client.clusterID(timeoutMilliseconds: timeoutMilliseconds)) }.get()
    }

    /// Frees the instance.
    package func close() async {
        _ = await thread.perform {
            // Dropped on this thread: destroying waits for the library's own.
            self.state.withLock { $0.client.take() }?.unassign()
        }
        thread.stop()
    }

    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (RDKafkaClient) -> Result<Value, KafkaError>
    ) async -> Result<Value, KafkaError> {
        await thread.perform {
            guard let client = self.state.withLock({ $0.client }) else { return .failure(.closed("topic reader")) }
            return body(client)
        } ?? .failure(.closed("topic reader"))
    }

    private func openNow(_ client: RDKafkaClient, _ topic: String, _ start: Start, _ milliseconds: Int) throws(KafkaError) {
        guard let count = try client.partitionCounts(timeoutMilliseconds: milliseconds)[topic] else { throw .unknownTopic(topic) }
        var marks: [Int32: (low: Int64, high: Int64)] = [:]
        for number in 0..<Int32(count) {
            marks[number] = try client.watermarks(TopicPartition(topic: topic, partition: number), timeoutMilliseconds: milliseconds).get()
        }
        client.acceptPolling()
        let spans = try TopicSpans(client: client, topic: topic, marks: marks, timeoutMilliseconds: milliseconds).find(start)
        let positions = spans.map { (TopicPartition(topic: topic, partition: $0.key), $0.value.start) }
        if let error = client.assign(Dictionary(positions) { first, _ in first }) { throw error }
        state.withLock { state in
            state.spans = spans
            state.unread = spans.filter { $0.value.end > $0.value.start }.mapValues(\.end)
        }
    }

    private func read(_ client: RDKafkaClient, _ maxRecords: Int, _ waitMilliseconds: Int) throws(KafkaError) -> [IncomingRecord] {
        var records: [IncomingRecord] = []
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(waitMilliseconds))
        while records.count < maxRecords {
            // After the first record only what is there already: a tail shows records when they come.
            switch client.read(milliseconds: records.isEmpty ? Int32(clamping: waitMilliseconds) : 0) {
            case .record(let record):
                records.append(record)
                passed(record.partition, next: record.offset + 1)
            case .end(let partition): passed(partition, next: .max)
            case .failed(let error): if error.isFatal || !error.isRetriable { throw error }
            case .nothing: if !records.isEmpty || ContinuousClock.now >= deadline { return records }
            }
        }
        return records
    }

    private func passed(_ partition: Int32, next: Int64) {
        state.withLock { state in
            if let end = state.unread[partition], next >= end { state.unread[partition] = nil }
        }
    }
}
