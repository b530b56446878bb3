import JSON
import Models

/// One alert in Tocsin's own words, all fields optional:
///
/// | field | becomes |
/// |---|---|
/// | `title`, else `summary` | annotation `summary`; label `alertname` unless `labels` has one |
/// | `description` | annotation `description` |
/// | `status` | `firing` (default) or `resolved` |
/// | `severity` | label `severity` |
/// | `labels`, `annotations` | the same; numbers and booleans become strings, other characters of names become `_` |
/// | `dedup_key`, else `id` | fingerprint, 1 to 255 bytes; default: computed from the labels |
/// | `startsAt`, `endsAt` | RFC 3339; default now, and open end |
/// | `url` | link to the sender |
struct FlatAlert {
    let path: String
    var title: String?
    var status: Signal.Status?
    var labels: Labels = [:]
    var annotations: Labels = [:]
    var fingerprint: Fingerprint?
    var startsAt: Timestamp?
    var endsAt: Timestamp?
    var url: String?

    /// An alert that says nothing yet.
    init(path: String) { self.path = path }

    init(_ alert: BodyReader, limits: IngestLimits) throws(SourceRefusal) {
        let reader = LabelReader.generic(limits)
        path = alert.path
        labels = try reader.labels("labels", of: alert)
        annotations = try reader.annotations("annotations", of: alert)
        title = try FlatAlert.title(of: alert, limits: limits)
        status = try alert.optionalStatus("status")
        startsAt = try alert.optionalTime("startsAt")
        endsAt = try alert.optionalTime("endsAt")
        fingerprint = try FlatAlert.fingerprint(of: alert)
        url = try FlatAlert.link(of: alert)
        if let severity = try FlatAlert.severity(of: alert, reader: reader) { labels["severity"] = severity }
        if let text = try alert.optionalString("description"), !text.isEmpty {
            try reader.check(annotation: text, path: alert.path("description"))
            annotations["description"] = text
        }
    }

    /// The alert with its defaults filled in.
    func parsed(now: Timestamp) throws(SourceRefusal) -> ParsedAlert {
        var labels = labels
        var annotations = annotations
        if let title {
            labels["alertname"] = labels["alertname"] ?? title
            annotations["summary"] = title
        }
        return ParsedAlert(
            path: path, fingerprint: fingerprint ?? Fingerprint(labels: labels), labels: LabelSet(labels),
            annotations: LabelSet(annotations),
            generatorURL: url, times: try times(now: now))
    }

    /// Without `status` the end decides, as in Prometheus.
    private func times(now: Timestamp) throws(SourceRefusal) -> AlertTimes {
        switch status ?? (endsAt.map { $0 <= now } == true ? .resolved : .firing) {
        case .resolved:
            let end = endsAt ?? max(startsAt ?? now, now)
            return try .resolved(from: startsAt ?? min(end, now), to: end, at: path, now: now)
        case .firing:
            guard endsAt.map({ $0 <= now }) != true else {
                throw .contradiction(path.field("endsAt"), "status says firing, but endsAt has passed. Send status resolved, or no endsAt.")
            }
            return try .firing(since: startsAt ?? now, until: endsAt, at: path, now: now)
        }
    }

    private static func title(of alert: BodyReader, limits: IngestLimits) throws(SourceRefusal) -> String? {
        for key in ["title", "summary"] {
            guard let text = try alert.optionalString(key), !text.isEmpty else { continue }
            guard text.utf8.count <= limits.labelValueBytes else {
                throw .overLimit(
                    alert.path(key), "\(key) has \(text.utf8.count) bytes; \(limits.labelValueBytes) are allowed. Use description.",
                    setting: "TOCSIN_GATEWAY_MAX_LABEL_VALUE_BYTES")
            }
            return text
        }
        return nil
    }

    private static func fingerprint(of alert: BodyReader) throws(SourceRefusal) -> Fingerprint? {
        guard let (key, node) = ["dedup_key", "id"].lazy.compactMap({ key in alert[key].map { (key, $0) } }).first else { return nil }
        let text = node.string ?? node.int.map { String($0) }
        guard let fingerprint = text.flatMap(Fingerprint.init(fromSender:)) else {
            throw .invalid(alert.path(key), "\(key) must be a string of 1 to \(Fingerprint.maxBytes) bytes without control characters.")
        }
        return fingerprint
    }

    private static func severity(of alert: BodyReader, reader: LabelReader) throws(SourceRefusal) -> String? {
        guard let node = alert["severity"] else { return nil }
        guard let text = node.string ?? node.int.map({ String($0) }) else {
            throw .invalid(alert.path("severity"), "severity must be a word such as critical, high, medium or low.")
        }
        try reader.check(label: text, path: alert.path("severity"))
        return text.isEmpty ? nil : text
    }

    private static func link(of alert: BodyReader) throws(SourceRefusal) -> String? {
        guard let text = try alert.optionalString("url"), !text.isEmpty else { return nil }
        guard let link = Link.safe(text) else {
            throw .invalid(alert.path("url"), "url must be an http or https address of at most \(IngestLimits.linkBytes) bytes.")
        }
        return link
    }
}
