import Grouping
import Models

/// The SQL of AlertStore, GroupIncidents, IncidentStore and CommandStore.
extension Transaction {
    func alert(_ id: Alert.ID) -> Alert? { writes.alerts[id] ?? store.alerts[id] }
    func incident(_ id: IncidentID) -> Incident? { writes.incidents[id] ?? store.incidents[id] }

    func lockAlerts(_ ids: [Alert.ID]) throws -> [Alert] {
        for id in ids { try lock(.alert(id)) }
        return ids.compactMap(alert)
    }

    /// The incidents that a batch may change, by what is committed as the statement begins. Rows that change while it waits for them come
    /// back as they are then; incidents that open meanwhile do not come at all, as in PostgreSQL.
    func wanted(_ needs: BatchNeeds) -> [IncidentID] {
        var wanted = Set(needs.incidents)
        for group in needs.groups {
            wanted.formUnion(store.openIncidents[group] ?? [])
            let resolved = (store.resolvedIncidents[group] ?? []).compactMap { store.incidents[$0] }
            if let latest = resolved.max(by: { ($0.resolvedAt ?? startedAt, $0.number) < ($1.resolvedAt ?? startedAt, $1.number) }) {
                wanted.insert(latest.id)
            }
        }
        return wanted.sorted()
    }

    func lockIncidents(_ ids: [IncidentID]) throws -> [Incident] {
        if !store.mutants.contains(.incidentLock) { for id in ids { try lock(.incident(id)) } }
        return ids.compactMap(incident)
    }

    /// Writes events and the incidents as they are after them.
    /// - Throws: `uniqueViolation` when another incident of the group is open, or the sequence is taken.
    func save(_ events: [IncidentEvent]) throws {
        var last: [IncidentID: Incident] = [:]
        for event in events { last[event.incident.id] = event.incident }
        let incidents = last.values.sorted { $0.id < $1.id }
        for incident in incidents where incident.status == .resolved || incident.sequence > 1 { try upsert(incident) }
        for incident in incidents where incident.status != .resolved && incident.sequence <= 1 { try upsert(incident) }
        for event in events {
            let known = (store.events[event.incident.id]?.count ?? 0) + writes.events.count { $0.incident.id == event.incident.id }
            if event.sequence <= known, !store.mutants.contains(.incidentLock) { throw StoreFault.uniqueViolation }
            writes.events.append(event)
        }
    }

    private func upsert(_ incident: Incident) throws {
        if !store.mutants.contains(.incidentLock) { try lock(.incident(incident.id)) }
        let group = Group(teamID: incident.teamID, key: incident.groupingKey)
        if incident.status != .resolved, !store.mutants.contains(.oneOpenIncident) {
            try lock(.group(group))
            for other in store.openIncidents[group] ?? [] where other != incident.id {
                // Another transaction may be taking it out of the index just now: wait for it.
                try lock(.incident(other))
                let row = self.incident(other)
                if row?.status != .resolved, row?.groupingKey == incident.groupingKey { throw StoreFault.uniqueViolation }
            }
            for (id, other) in writes.incidents where id != incident.id && other.status != .resolved {
                if Group(teamID: other.teamID, key: other.groupingKey) == group { throw StoreFault.uniqueViolation }
            }
        }
        if writes.incidents.updateValue(incident, forKey: incident.id) == nil { writes.incidentOrder.append(incident.id) }
    }

    /// - Throws: `uniqueViolation` when another transaction inserted one of them after we had looked.
    func insert(_ alerts: [Alert]) throws {
        for alert in alerts {
            try lock(.alert(alert.id))
            guard self.alert(alert.id) == nil else { throw StoreFault.uniqueViolation }
            put(alert)
        }
    }

    func update(_ alerts: [Alert]) throws {
        for alert in alerts {
            try lock(.alert(alert.id))
            put(alert)
        }
    }

    private func put(_ alert: Alert) {
        if writes.alerts.updateValue(alert, forKey: alert.id) == nil { writes.alertOrder.append(alert.id) }
    }

    func claimExpired(before now: Timestamp, limit: Int) -> [Alert] {
        let due = store.expiring.compactMap { store.alerts[$0] }.filter { $0.status == .firing && ($0.expiresAt ?? now) <= now }
            .sorted { ($0.expiresAt ?? now, $0.id) < ($1.expiresAt ?? now, $1.id) }
        return Array(due.prefix(limit).filter { tryLock(.alert($0.id)) })
    }

    func claimDueIncidents(before now: Timestamp, limit: Int) -> [Incident] {
        let due = store.holding.compactMap { store.incidents[$0] }
            .filter { $0.status != .resolved && ($0.resolveDueAt.map { $0 <= now } ?? false) }.sorted { $0.id < $1.id }
        return Array(due.prefix(limit).filter { tryLock(.incident($0.id)) })
    }
}
