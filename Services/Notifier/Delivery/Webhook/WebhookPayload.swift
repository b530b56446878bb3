import JSON
import Models

/// The body of a signed webhook: `{"type":"incident.opened","timestamp":…,"data":{…}}`. The data are the incident's
/// fields, and `actor`, `change` and `url` besides.
enum WebhookPayload {
    /// Advice of Standard Webhooks, section "Payload size"; beyond it the description is cut and the labels are left out.
    static let maxBytes = 20_000
    private static let shortDescriptionCharacters = 500

    static func bytes(_ event: IncidentEvent, url: String?) -> [UInt8] {
        let whole = encode(event, url: url, isTruncated: false)
        guard whole.count > maxBytes else { return whole }
        var short = event
        short.incident.description = Incident.cut(event.incident.description, to: shortDescriptionCharacters)
        short.incident.labels = [:]
        return encode(short, url: url, isTruncated: true)
    }

    private static func encode(_ event: IncidentEvent, url: String?, isTruncated: Bool) -> [UInt8] {
        var writer = JSONWriter(reserving: 1024)
        writer.object { writer in
            writer.field("type", "incident.\(event.kind.rawValue)")
            writer.field("timestamp", event.at.rfc3339)
            writer.key("data")
            writer.object { writer in
                event.incident.writeFields(to: &writer)
                writer.field("actor", event.actor.description)
                writer.key("change")
                writer.object { writer in
                    writer.field("alertsFired", event.change.alertsFired)
                    writer.field("alertsResolved", event.change.alertsResolved)
                    writer.field("previousSeverity", event.change.previousSeverity?.rawValue)
                    writer.field("reason", event.change.reason)
                }
                writer.field("url", url)
                if isTruncated { writer.field("truncated", true) }
            }
        }
        return writer.bytes
    }
}
