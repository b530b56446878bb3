import JSON
import Models

/// The webhook of Prometheus Alertmanager, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config; its source
/// `notify/webhook/webhook.go` and `template/template.go`). A group may hold firing and resolved alerts: each is taken by its own status.
package enum Alertmanager: AlertSource {
    package static let id = "alertmanager"
    package static let path = "/api/webhooks/alertmanager"
    package static let accepts = AcceptedMedia.json
    /// Alertmanager tries again after 5xx only (`notify/util.go`, `Retrier`).
    package static let retriesTooManyRequests = false

    package static func parse(_ request: SourceRequest) throws(SourceRefusal) -> [ParsedAlert] {
        let body = try BodyReader(BodyReader.document(request), path: "", what: "The body")
        try checkEnvelope(body)
        let alerts = try body.alerts("alerts", limits: request.limits)
        guard !alerts.isEmpty else { throw .contradiction("alerts", "alerts is empty. A notification tells of at least one alert.") }
        let labelReader = LabelReader.prometheus(request.limits)
        var parsed: [ParsedAlert] = []
        parsed.reserveCapacity(alerts.count)
        for alert in alerts {
            let reader = try BodyReader(alert.node, path: alert.path, what: "An alert")
            parsed.append(try read(reader, labels: labelReader, now: request.receivedAt))
        }
        return parsed
    }

    /// Custom payloads (`payload` of 0.32 and later) and Grafana, whose version is "1", have other meanings: they are refused.
    private static func checkEnvelope(_ body: BodyReader) throws(SourceRefusal) {
        guard let version = body["version"] else {
            throw .missing("version", "version is missing. Send Alertmanager's own payload, version \"4\", without a custom template.")
        }
        guard version.string == "4" else {
            throw .invalid("version", "version must be the string \"4\". Other senders have their own path: see docs/integrations.")
        }
        _ = try body.optionalStatus("status")
        _ = try body.optionalString("receiver")
        _ = try body.optionalString("groupKey")
        if let truncated = body["truncatedAlerts"], (truncated.int ?? -1) < 0 {
            throw .invalid("truncatedAlerts", "truncatedAlerts must be a whole number, 0 or more.")
        }
    }

    private static func read(_ alert: BodyReader, labels reader: LabelReader, now: Timestamp) throws(SourceRefusal) -> ParsedAlert {
        guard let status = try alert.optionalStatus("status") else {
            throw .missing(alert.path("status"), "status is missing. It must be \"firing\" or \"resolved\".")
        }
        let labels = try reader.labelSet("labels", of: alert)
        guard !labels.isEmpty else { throw .contradiction(alert.path("labels"), "The alert has no labels. It needs at least one.") }
        let sent = try alert.optionalString("fingerprint")
        return ParsedAlert(
            path: alert.path, fingerprint: sent.flatMap(Fingerprint.init(fromSender:)) ?? Fingerprint(labels: labels), labels: labels,
            annotations: try reader.annotationSet("annotations", of: alert),
            generatorURL: Link.safe(try alert.optionalString("generatorURL")), times: try times(of: alert, status: status, now: now))
    }

    /// A firing alert has no end: Alertmanager writes Go's zero time there, and what it resolves it tells.
    private static func times(of alert: BodyReader, status: Signal.Status, now: Timestamp) throws(SourceRefusal) -> AlertTimes {
        let startsAt = try alert.time("startsAt")
        let endsAt = try alert.optionalTime("endsAt")
        switch status {
        case .firing:
            try AlertTimes.checkOrder(startsAt, endsAt, at: alert.path)
            return try .firing(since: startsAt, at: alert.path, now: now)
        case .resolved:
            guard let endsAt else {
                throw .contradiction(alert.path("endsAt"), "The alert is resolved, but endsAt does not say when.")
            }
            return try .resolved(from: startsAt, to: endsAt, at: alert.path, now: now)
        }
    }
}
