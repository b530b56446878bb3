/// Writes the Prometheus text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).
enum PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    /// A label value beyond this is cut: labels come from closed sets, and a mistake must not become a memory leak.
    private static let maxLabelScalars = 200

    /// Every family, sorted by name, series sorted by labels.
    static func exposition(_ families: [PrometheusStore.Family], dropped: [String: Int]) -> String {
        var text = ""
        for family in families where !family.series.isEmpty { append(family, to: &text) }
        if !dropped.isEmpty {
            head(PrometheusStore.droppedName, "counter", "Series refused because their metric has too many.", to: &text)
            for (name, count) in dropped.sorted(by: { $0.key < $1.key }) {
                sample(PrometheusStore.droppedName, labels([("metric", name)]), Double(count), to: &text)
            }
        }
        return text
    }

    private static func append(_ family: PrometheusStore.Family, to text: inout String) {
        let name = family.declaration.name
        head(name, family.declaration.kind.rawValue, family.declaration.help, to: &text)
        for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
            switch series {
            case .counter(let counter): sample(name, labels, counter.value, to: &text)
            case .gauge(let gauge): sample(name, labels, gauge.value, to: &text)
            case .histogram(let histogram): append(histogram, name, labels, to: &text)
            }
        }
    }

    private static func append(_ histogram: PrometheusHistogram, _ name: String, _ labels: String, to text: inout String) {
        let snapshot = histogram.snapshot
        let prefix = labels.isEmpty ? "" : labels + ","
        var cumulated: UInt64 = 0
        for (index, count) in snapshot.counts.enumerated() {
            cumulated += count
            let bound = index < histogram.bounds.count ? number(histogram.bounds[index]) : "+Inf"
            sample("\(name)_bucket", "\(prefix)le=\"\(bound)\"", Double(cumulated), to: &text)
        }
        sample("\(name)_sum", labels, snapshot.sum, to: &text)
        sample("\(name)_count", labels, Double(cumulated), to: &text)
    }

    static func head(_ name: String, _ kind: String, _ help: String, to text: inout String) {
        text += "# HELP \(name) \(escaped(help, quotes: false))\n# TYPE \(name) \(kind)\n"
    }

    static func sample(_ name: String, _ labels: String, _ value: Double, to text: inout String) {
        text += labels.isEmpty ? "\(name) \(number(value))\n" : "\(name){\(labels)} \(number(value))\n"
    }

    /// Sorted by label name, escaped, without the braces.
    static func labels(_ labels: [(String, String)]) -> String {
        labels.sorted { $0.0 < $1.0 }
            .map { "\(labelName($0.0))=\"\(escaped(String($0.1.unicodeScalars.prefix(maxLabelScalars)), quotes: true))\"" }
            .joined(separator: ",")
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`; anything else becomes an underscore.
    static func name(_ text: String) -> String { sanitised(text, colon: true) }

    private static func labelName(_ text: String) -> String { sanitised(text, colon: false) }

    private static func sanitised(_ text: String, colon: Bool) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "0")...UInt8(ascii: "9") where !result.isEmpty: result.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: ":") where colon: result += ":"
            default: result += "_"
            }
        }
        return result.isEmpty ? "_" : result
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whole numbers without a fraction; `+Inf`, `-Inf` and `NaN` as the format spells them.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }
}
