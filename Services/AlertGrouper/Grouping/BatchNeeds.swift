package import Models

/// Which incidents a batch must read and lock, once its alerts are known. A storm of repeats needs none.
package struct BatchNeeds: Sendable, Hashable {
    /// Sorted, without duplicates.
    package let groups: [Group]
    /// Incidents that the alerts belong to; sorted, without duplicates.
    package let incidents: [IncidentID]

    package var isEmpty: Bool { groups.isEmpty && incidents.isEmpty }

    package init(of signals: [Signal], alerts: [Alert]) {
        let known = Dictionary(alerts.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
        let moving = Set(signals.filter { !(known[$0.alertID]?.isOnlyRepeated(by: $0) ?? false) }.map(\.alertID))
        groups = Set(
            signals.filter { moving.contains($0.alertID) }.map { Group(teamID: $0.teamID, key: $0.groupingKey) }
        ).sorted()
        incidents = Set(moving.compactMap { known[$0]?.incidentID }).sorted()
    }

    /// What the end of these alerts needs.
    package init(incidentsOf alerts: [Alert]) {
        groups = []
        incidents = Set(alerts.compactMap(\.incidentID)).sorted()
    }
}

extension Alert {
    /// Whether the signal says nothing that an incident would notice.
    fileprivate func isOnlyRepeated(by signal: Signal) -> Bool {
        switch (status, signal.status) {
        case (.firing, .firing): signal.startsAt <= startsAt && signal.severity <= severity
        case (.resolved, .resolved): true
        default: false
        }
    }
}
