/// How a producer reaches the cluster and how much it may hold in memory.
package struct ProducerConfiguration: Sendable {
    /// Bootstrap servers, `host:port,host:port`.
    package var brokers: String
    /// Short: long ids crash some librdkafka releases.
    package var clientID: String
    /// How long a record may wait for company in its request.
    package var lingerMilliseconds: Int
    /// Records queued or in flight before `queueFull`.
    package var maxQueuedRecords: Int
    /// KiB queued or in flight before `queueFull`.
    package var maxQueuedKilobytes: Int
    /// `none`, `lz4`, `zstd`, `gzip` or `snappy`.
    package var compression: String
    /// librdkafka properties laid over ours, such as TLS and SASL. Values are never logged.
    package var extra: [String: String]

    package init(
        brokers: String, clientID: String, lingerMilliseconds: Int = 2, maxQueuedRecords: Int = 20000, maxQueuedKilobytes: Int = 65536,
        compression: String = "lz4", extra: [String: String] = [:]
    ) {
        self.brokers = brokers
        self.clientID = clientID
        self.lingerMilliseconds = lingerMilliseconds
        self.maxQueuedRecords = maxQueuedRecords
        self.maxQueuedKilobytes = maxQueuedKilobytes
        self.compression = compression
        self.extra = extra
    }

    /// The librdkafka properties, ours first.
    ///
    /// The message time-out stays at librdkafka's five minutes: a record that expires in flight is "possibly persisted" and
    /// costs the idempotent producer its sequence. Callers bound their wait with `send(timeoutMilliseconds:)` instead.
    var properties: [(String, String)] {
        let ours: [(String, String)] = [
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("linger.ms", String(lingerMilliseconds)),
            ("queue.buffering.max.messages", String(maxQueuedRecords)),
            ("queue.buffering.max.kbytes", String(maxQueuedKilobytes)),
            ("compression.type", compression),
            ("partitioner", "murmur2_random"),
        ]
        return KafkaProperties.connection(brokers: brokers, clientID: clientID) + ours + KafkaProperties.sorted(extra)
    }
}
