import Grouping
import Models
import ServiceKit

/// What must hold with every commit. Looks at what the commit has touched only.
extension World {
    /// With the state before it.
    func checkBefore(_ writes: Writes) {
        for (key, from, to) in writes.advances {
            let handled = store.offsets[key]?.next ?? 0
            if from != handled || to < from {
                violate("offsets", "\(key.group) \(key.topic)[\(key.partition)] handled \(from)..<\(to) after everything up to \(handled)")
            }
        }
    }

    /// With the state after it.
    func check(_ writes: Writes) {
        for id in writes.incidentOrder { check(incident: id) }
        for id in writes.alertOrder {
            guard let alert = writes.alerts[id] else { continue }
            if (alert.status == .resolved) != (alert.endsAt != nil) || (alert.endsAt ?? alert.startsAt) < alert.startsAt {
                violate("schema", "alert \(id.fingerprint) ends at \(String(describing: alert.endsAt)), status \(alert.status)")
            }
        }
    }

    private func check(incident id: IncidentID) {
        guard let incident = store.incidents[id], let events = store.events[id], let last = events.last else {
            return violate("I2", "incident \(id) without events")
        }
        if last.incident != incident { violate("I2", "incident #\(incident.number) is not what its last event says") }
        // From the end: what was checked before is not looked at again.
        for index in events.indices.suffix(4) {
            if events[index].sequence != Int64(index + 1) {
                return violate("I2", "incident #\(incident.number): event \(index + 1) has sequence \(events[index].sequence)")
            }
            let before = index == 0 ? nil : events[index - 1].incident.status
            if !Self.mayFollow(events[index].kind, before) {
                violate("I2", "incident #\(incident.number): \(events[index].kind) when it was \(String(describing: before))")
            }
        }
        if incident.updatedAt < incident.createdAt || (incident.ackedAt ?? incident.createdAt) < incident.createdAt
            || (incident.resolvedAt ?? incident.createdAt) < incident.createdAt
            || (incident.status == .resolved) != (incident.resolvedAt != nil) || incident.status == .acknowledged && incident.ackedAt == nil
        {
            violate("schema", "incident #\(incident.number): times or status that the table refuses")
        }
        let group = Group(teamID: incident.teamID, key: incident.groupingKey)
        if let open = store.openIncidents[group], open.count > 1 {
            violate("I2", "\(open.count) open incidents of \(group.key)")
        }
    }

    /// open -> acknowledged -> resolved -> open again
    private static func mayFollow(_ kind: IncidentEvent.Kind, _ status: Incident.Status?) -> Bool {
        switch (kind, status) {
        case (.opened, nil): true
        case (_, nil), (.opened, _): false
        case (.acknowledged, .open): true
        case (.resolved, .open), (.resolved, .acknowledged): true
        case (.reopened, .resolved): true
        case (.updated, _): true
        default: false
        }
    }
}
