import JSON
import Models

/// CloudEvents 1.0 over HTTP in structured, batch and binary mode
/// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md). An event is one alert; what it says
/// about it stands in `data`, in the words of `FlatAlert`; the rest comes from the attributes (docs/integrations/cloudevents.md).
package enum CloudEvents: AlertSource {
    package static let id = "cloudevents"
    package static let path = "/api/webhooks/cloudevents"
    package static let accepts = AcceptedMedia.any

    package static func parse(_ request: SourceRequest) throws(SourceRefusal) -> [ParsedAlert] {
        let essence = request.contentType?.essence ?? ""
        guard essence.hasPrefix("application/cloudevents") else { return [try binary(request)] }
        guard request.contentType?.isUTF8 == true else { throw .unsupportedMediaType("Only UTF-8 is taken here. Send charset=utf-8.") }
        switch essence {
        case "application/cloudevents-batch+json": return try batch(request)
        case "application/cloudevents+json":
            return [try structured(BodyReader.document(request), path: "", request: request)]
        default:
            throw .unsupportedMediaType("Of CloudEvents' formats only JSON is taken: application/cloudevents+json.")
        }
    }

    private static func batch(_ request: SourceRequest) throws(SourceRefusal) -> [ParsedAlert] {
        var parsed: [ParsedAlert] = []
        for event in try BodyReader.alerts(BodyReader.document(request), path: "", limits: request.limits) {
            parsed.append(try structured(event.node, path: event.path, request: request))
        }
        return parsed
    }

    private static func structured(_ node: JSONNode, path: String, request: SourceRequest) throws(SourceRefusal) -> ParsedAlert {
        let event = try BodyReader(node, path: path, what: "An event")
        let attributes = try EventAttributes(event)
        guard event["data"] == nil || event["data_base64"] == nil else {
            throw .invalid(event.path("data_base64"), "An event has either data or data_base64, not both.")
        }
        // Binary data is not looked into: what is in it is not ours to guess.
        _ = try event.optionalString("data_base64")
        return try alert(attributes, data: event["data"], request: request)
    }

    private static func binary(_ request: SourceRequest) throws(SourceRefusal) -> ParsedAlert {
        guard request.eventHeaders["specversion"] != nil else {
            throw .unsupportedMediaType(
                "This is no CloudEvent. Send application/cloudevents+json, application/cloudevents-batch+json, or ce- headers.")
        }
        let attributes = try EventAttributes(headers: request.eventHeaders)
        guard let type = request.contentType, !request.body.isEmpty else { return try alert(attributes, data: nil, request: request) }
        guard type.isJSON else {
            guard type.essence.hasPrefix("text/"), type.isUTF8 else { return try alert(attributes, data: nil, request: request) }
            guard let text = String(validating: request.body, as: UTF8.self), !text.utf8.contains(0) else {
                throw .invalid("body", "The body is no UTF-8 text. Name its charset in Content-Type.")
            }
            return try alert(attributes, data: nil, text: text, request: request)
        }
        return try alert(attributes, data: BodyReader.document(request), request: request)
    }

    /// `data` that is an object speaks for itself; other data becomes the description.
    private static func alert(
        _ attributes: EventAttributes, data: JSONNode?, text: String? = nil, request: SourceRequest
    ) throws(SourceRefusal) -> ParsedAlert {
        let path = attributes.path
        let dataPath = attributes.isFromHeaders ? "" : path.field("data")
        let reader = LabelReader.generic(request.limits)
        var flat = FlatAlert(path: dataPath)
        if let data, data.kind == .object {
            let object = try BodyReader(data, path: dataPath, what: "data")
            flat = try FlatAlert(object, limits: request.limits)
            // A business object's own `id` says nothing about the alert; only an explicit key joins events.
            if object["dedup_key"] == nil { flat.fingerprint = nil }
        } else if let text = text ?? data.flatMap({ $0.isNull ? nil : $0.string ?? String(decoding: $0.raw(), as: UTF8.self) }),
            !text.isEmpty
        {
            try reader.check(annotation: text, path: dataPath)
            flat.annotations["description"] = text
        }
        for (name, value) in attributes.labels {
            try reader.check(label: value, path: path.field(name))
            flat.labels["ce_\(name)"] = value
        }
        flat.labels["alertname"] = flat.labels["alertname"] ?? attributes.type
        flat.title = flat.title ?? attributes.subject ?? attributes.type
        flat.fingerprint = flat.fingerprint ?? attributes.fingerprint
        if flat.status == .resolved {
            flat.endsAt = flat.endsAt ?? attributes.time
        } else if flat.endsAt == nil {
            flat.startsAt = flat.startsAt ?? attributes.time
        }
        return try flat.parsed(now: request.receivedAt)
    }
}
