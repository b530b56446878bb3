/// How a consumer joins its group.
package struct ConsumerConfiguration: Sendable {
    /// Bootstrap servers, `host:port,host:port`.
    package var brokers: String
    /// Short: long ids crash some librdkafka releases.
    package var clientID: String
    package var group: String
    package var topics: [String]
    /// Static membership: a restart within the session time-out moves no partition. Must be unique in the group;
    /// the second process with the same id makes the first one fail for good.
    package var instanceID: String?
    /// A member silent for longer loses its partitions: how long they stand still after a process was killed. Six seconds is the least
    /// that a broker takes as it comes; heartbeats have their own thread, so that work does not silence a member.
    package var sessionTimeoutMilliseconds: Int
    /// A member whose owner asks for nothing (`nextBatch`, `hold`) for longer loses its partitions. A request to join waits three seconds
    /// longer for its answer: so long nothing is consumed when the broker hung or lost the request, hence not librdkafka's five minutes.
    package var maxPollIntervalMilliseconds: Int
    /// How long the broker keeps a fetch that finds nothing. It answers one as soon as there is a byte; the mock broker, which looks only
    /// once, when the time is over, so it is short. A big cluster with hundreds of readers may want 500: fewer empty fetches, no later
    /// records.
    package var fetchWaitMilliseconds: Int
    /// librdkafka properties laid over ours, such as TLS and SASL. Values are never logged.
    package var extra: [String: String]

    package init(
        brokers: String, clientID: String, group: String, topics: [String], instanceID: String? = nil,
        sessionTimeoutMilliseconds: Int = 6000, maxPollIntervalMilliseconds: Int = 60_000, fetchWaitMilliseconds: Int = 20,
        extra: [String: String] = [:]
    ) {
        self.brokers = brokers
        self.clientID = clientID
        self.group = group
        self.topics = topics
        self.instanceID = instanceID
        self.sessionTimeoutMilliseconds = sessionTimeoutMilliseconds
        self.maxPollIntervalMilliseconds = maxPollIntervalMilliseconds
        self.fetchWaitMilliseconds = fetchWaitMilliseconds
        self.extra = extra
    }

    /// The librdkafka properties, ours first.
    ///
    /// `range` (eager) because the cooperative protocol of 2.0.2 spins, hangs on close and re-reads old positions.
    /// Nothing is committed or stored by the library: offsets live in PostgreSQL with the state.
    var properties: [(String, String)] {
        var ours: [(String, String)] = [
            ("group.id", group),
            ("session.timeout.ms", String(sessionTimeoutMilliseconds)),
            // Members learn of each other's coming and going by it.
            ("heartbeat.interval.ms", "1000"),
            ("max.poll.interval.ms", String(maxPollIntervalMilliseconds)),
            ("partition.assignment.strategy", "range"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "error"),
            ("enable.partition.eof", "false"),
            ("allow.auto.create.topics", "false"),
            ("check.crcs", "true"),
            // A topic that is created after us, or grows, is noticed by then (the default is five minutes).
            ("topic.metadata.refresh.interval.ms", "15000"),
            // A full queue stops fetching for up to a second (before 2.3.0), so it must hold a second's work: 16 MiB held a storm of repeats
            // to 20,000 records a second.
            ("queued.min.messages", "50000"),
            ("queued.max.messages.kbytes", "32768"),
            // One answer may lie over that bound: a backlog of large records must not fill the memory (the default is 50 MiB).
            ("fetch.max.bytes", "8388608"),
            ("fetch.wait.max.ms", String(fetchWaitMilliseconds)),
            ("fetch.error.backoff.ms", "100"),
        ]
        if let instanceID { ours.append(("group.instance.id", instanceID)) }
        return KafkaProperties.connection(brokers: brokers, clientID: clientID) + ours + KafkaProperties.sorted(extra)
    }
}
