/// Properties of librdkafka that producers and consumers share.
enum KafkaProperties {
    /// Reaching the cluster: quick to notice a dead peer, quick to come back, no Nagle delay (on by default before 2.10).
    static func connection(brokers: String, clientID: String) -> [(String, String)] {
        [
            ("bootstrap.servers", brokers),
            ("client.id", clientID),
            ("socket.nagle.disable", "true"),
            ("socket.keepalive.enable", "true"),
            ("socket.timeout.ms", "10000"),
            ("socket.connection.setup.timeout.ms", "5000"),
            ("reconnect.backoff.ms", "100"),
            ("reconnect.backoff.max.ms", "2000"),
            ("log.connection.close", "false"),
        ]
    }

    /// Dictionary order differs from run to run; a faulty property should always be reported in the same way.
    static func sorted(_ extra: [String: String]) -> [(String, String)] {
        extra.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
