import JSON

/// Strings into JSON: plain ones as most are, and one that has something to escape in every twenty.
enum EscapingPath {
    private static let strings = 400

    static func text() -> HotPath {
        let plain = "5xx on checkout above 5 % for 10 minutes. Look at the error budget and the last deployment."
        let escaped = "said \"no\"\n\tand went to C:\\logs, twice \u{1}, over a long line that is else plain."
        let all = (0..<strings).map { $0 % 20 == 0 ? escaped : plain }
        return HotPath("json-strings", strings, "string") {
            var writer = JSONWriter(reserving: 65_536)
            writer.array { writer in all.forEach { writer.value($0) } }
            return writer.bytes.count
        }
    }
}
