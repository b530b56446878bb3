import FoundationEssentials
import JSON
import Models

extension AlertRow {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", id.uuidString.lowercased())
            writer.field("fingerprint", fingerprint)
            writer.field("source", source)
            writer.field("status", status)
            writer.field("severity", severity.rawValue)
            writer.field("startsAt", startsAt.rfc3339)
            writer.field("endsAt", endsAt?.rfc3339)
            writer.field("labels", map: labels)
            writer.field("annotations", map: annotations)
            writer.field("generatorUrl", generatorURL)
            writer.field("incidentId", incidentID?.description)
            writer.field("occurrence", occurrence)
            writer.field("repeats", repeats)
            writer.field("lastSeenAt", lastSeenAt.rfc3339)
            writer.field("createdAt", createdAt.rfc3339)
            writer.field("updatedAt", updatedAt.rfc3339)
        }
    }
}

extension DeliveryRow {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("channel", channel)
            writer.field("channelType", channelType)
            writer.field("kind", kind)
            writer.field("sequence", sequence)
            writer.field("state", state)
            writer.field("attempts", attempts)
            writer.field("lastStatus", lastStatus)
            writer.field("lastError", lastError)
            writer.field("createdAt", createdAt.rfc3339)
            writer.field("finishedAt", finishedAt?.rfc3339)
        }
    }
}

extension IncidentEvent {
    /// The event for a timeline: without the incident as it was.
    func writeSummary(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("sequence", sequence)
            writer.field("kind", kind.rawValue)
            writer.field("at", at.rfc3339)
            writer.field("actor", actor.description)
            writer.field("status", incident.status.rawValue)
            writer.field("severity", incident.severity.rawValue)
            writer.field("previousSeverity", change.previousSeverity?.rawValue)
            writer.field("alertsFired", change.alertsFired)
            writer.field("alertsResolved", change.alertsResolved)
            writer.field("assigneeId", incident.assigneeID)
            writer.field("reason", change.reason)
        }
    }
}

extension IncidentDetail {
    /// The incident's own fields (as in lists) and `alertIds`, `alerts`, `events`, `deliveries`.
    func encode() -> [UInt8] {
        var writer = JSONWriter(reserving: 4096)
        writer.object { writer in
            incident.writeFields(to: &writer)
            writer.field("alertIds", strings: alertIDs.map { $0.uuidString.lowercased() })
            writer.key("alerts")
            writer.array { writer in alerts.forEach { $0.write(to: &writer) } }
            writer.key("events")
            writer.array { writer in events.forEach { $0.writeSummary(to: &writer) } }
            writer.key("deliveries")
            writer.array { writer in deliveries.forEach { $0.write(to: &writer) } }
        }
        return writer.bytes
    }
}

extension Listing {
    /// `{"incidents":[…],"total":12,"nextCursor":null}`
    func encode(_ name: String, _ write: (Element, inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(reserving: 1024 + rows.count * 512)
        writer.object { writer in
            writer.key(name)
            writer.array { writer in rows.forEach { write($0, &writer) } }
            writer.field("total", total)
            writer.key("nextCursor")
            if let next { writer.value(next.text) } else { writer.null() }
        }
        return writer.bytes
    }
}
