import Models

/// What Prometheus itself sends to an Alertmanager: `POST /api/v2/alerts`
/// (https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, `postableAlerts`). Tocsin stands where Alertmanager stands:
/// an alert fires until its `endsAt` unless it is sent again, as in Alertmanager's `api/v2/api.go`.
package enum PrometheusAlerts: AlertSource {
    package static let id = "prometheus"
    package static let path = "/api/v2/alerts"
    package static let accepts = AcceptedMedia.json
    /// As for Alertmanager, whose place Tocsin takes here.
    package static let retriesTooManyRequests = false

    package static func parse(_ request: SourceRequest) throws(SourceRefusal) -> [ParsedAlert] {
        let alerts = try BodyReader.alerts(BodyReader.document(request), path: "", limits: request.limits)
        let labelReader = LabelReader.prometheus(request.limits)
        var parsed: [ParsedAlert] = []
        parsed.reserveCapacity(alerts.count)
        for alert in alerts {
            let reader = try BodyReader(alert.node, path: alert.path, what: "An alert")
            parsed.append(try read(reader, labels: labelReader, request: request))
        }
        return parsed
    }

    private static func read(_ alert: BodyReader, labels reader: LabelReader, request: SourceRequest) throws(SourceRefusal) -> ParsedAlert {
        let labels = try reader.labelSet("labels", of: alert)
        guard !labels.isEmpty else { throw .contradiction(alert.path("labels"), "The alert has no labels. It needs at least one.") }
        return ParsedAlert(
            path: alert.path, fingerprint: Fingerprint(labels: labels), labels: labels,
            annotations: try reader.annotationSet("annotations", of: alert),
            generatorURL: Link.safe(try alert.optionalString("generatorURL")), times: try times(of: alert, request: request))
    }

    private static func times(of alert: BodyReader, request: SourceRequest) throws(SourceRefusal) -> AlertTimes {
        let now = request.receivedAt
        let startsAt = try alert.optionalTime("startsAt")
        guard let endsAt = try alert.optionalTime("endsAt") else {
            let timeout = now.adding(seconds: request.limits.resolveTimeoutSeconds)
            return try .firing(since: startsAt ?? now, until: timeout, at: alert.path, now: now)
        }
        if endsAt > now { return try .firing(since: startsAt ?? now, until: endsAt, at: alert.path, now: now) }
        return try .resolved(from: startsAt ?? endsAt, to: endsAt, at: alert.path, now: now)
    }
}
