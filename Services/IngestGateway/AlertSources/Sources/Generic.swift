/// Any tool that can post JSON: one alert as an object, or `{"alerts": […]}`. The fields are `FlatAlert`'s (docs/integrations/generic.md).
package enum Generic: AlertSource {
    package static let id = "generic"
    package static let path = "/api/webhooks/generic"
    package static let accepts = AcceptedMedia.json

    package static func parse(_ request: SourceRequest) throws(SourceRefusal) -> [ParsedAlert] {
        let body = try BodyReader(BodyReader.document(request), path: "", what: "The body")
        guard body["alerts"] != nil else { return [try read(body, request: request)] }
        let alerts = try body.alerts("alerts", limits: request.limits)
        guard !alerts.isEmpty else { throw .contradiction("alerts", "alerts is empty. Send at least one alert.") }
        var parsed: [ParsedAlert] = []
        parsed.reserveCapacity(alerts.count)
        for alert in alerts {
            parsed.append(try read(BodyReader(alert.node, path: alert.path, what: "An alert"), request: request))
        }
        return parsed
    }

    private static func read(_ alert: BodyReader, request: SourceRequest) throws(SourceRefusal) -> ParsedAlert {
        let flat = try FlatAlert(alert, limits: request.limits)
        let path = alert.path
        guard flat.title != nil || flat.labels["alertname"] != nil else {
            throw .contradiction(path.field("title"), "The alert has no name. Send title, or labels with alertname.")
        }
        return try flat.parsed(now: request.receivedAt)
    }
}
