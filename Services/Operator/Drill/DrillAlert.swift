import JSON
import Models

/// The alert of a fire drill, as a sender of the generic webhook would write it.
struct DrillAlert: Sendable, Hashable {
    /// The label by which the drill finds its own alert again.
    static let idLabel = "fire_drill"

    let id: String
    let severity: Severity
    let extraLabels: Labels
    let startedAt: Timestamp

    /// A group of its own under the standard rules, so that it joins no real incident.
    var labels: Labels {
        ["alertname": "TocsinFireDrill", "service": "fire-drill-\(id)", Self.idLabel: id].merging(extraLabels) { _, extra in extra }
    }

    /// The body for `POST /api/webhooks/generic`.
    func body(_ status: Signal.Status, at now: Timestamp) -> [UInt8] {
        var writer = JSONWriter(reserving: 512)
        writer.object { writer in
            writer.field("title", "Fire drill: this is a test, nothing is wrong")
            writer.field("description", "Sent by tocsin fire-drill to see whether every channel works. It resolves itself.")
            writer.field("status", status.rawValue)
            writer.field("severity", severity.rawValue)
            writer.field("dedup_key", "fire-drill-\(id)")
            writer.field("startsAt", startedAt.rfc3339)
            if status == .resolved { writer.field("endsAt", max(now, startedAt).rfc3339) }
            writer.field("labels", map: labels)
        }
        return writer.bytes
    }
}
