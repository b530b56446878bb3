import CLibrdkafka

enum RDKafkaConfiguration {
    /// Makes a `rd_kafka_conf_t` that the caller owns. A later property overrides an earlier one of the same name.
    static func make(_ properties: [(String, String)]) throws(KafkaError) -> OpaquePointer {
        guard let configuration = rd_kafka_conf_new() else { throw .configuration("no memory") }
        var text = [CChar](repeating: 0, count: 512)
        for (name, value) in properties {
            let result = rd_kafka_conf_set(configuration, name, value, &text, text.count)
            guard result == RD_KAFKA_CONF_OK else {
                rd_kafka_conf_destroy(configuration)
                throw .configuration(reason(name: name, text: String(rdKafka: text)))
            }
        }
        return configuration
    }

    /// The library's own text repeats the refused value, which for some properties is a secret.
    static func reason(name: String, text: String) -> String {
        let isSecret = ["password", "secret", "key", "pem", "sasl", "token"].contains { name.contains($0) }
        return isSecret ? "the value of \(name) is refused" : text
    }
}
