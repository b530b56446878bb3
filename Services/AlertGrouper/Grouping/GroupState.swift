package import Models

/// What a team has decided about its alerts.
package struct TeamPolicy: Sendable, Hashable {
    package var settings: TeamSettings
    package var rules: GroupingRules

    package init(settings: TeamSettings = TeamSettings(), rules: GroupingRules = .standard) {
        self.settings = settings
        self.rules = rules
    }
}

/// A team's incidents of one grouping key.
package struct Group: Sendable, Hashable, Comparable {
    package var teamID: TeamID
    package var key: GroupingKey

    package init(teamID: TeamID, key: GroupingKey) {
        self.teamID = teamID
        self.key = key
    }

    package static func < (left: Group, right: Group) -> Bool { (left.teamID, left.key) < (right.teamID, right.key) }
}

/// What a batch needs to know: the alerts it speaks of, and the incidents it may change.
package struct GroupState: Sendable {
    /// A team that is absent uses the defaults.
    package var policies: [TeamID: TeamPolicy]
    package private(set) var alerts: [Alert.ID: Alert]
    package private(set) var incidents: [IncidentID: Incident]
    private var open: [Group: IncidentID] = [:]
    private var latestResolved: [Group: IncidentID] = [:]

    /// - Parameter incidents: the open incident and the one resolved last of every group of the batch, and those its alerts belong to.
    package init(policies: [TeamID: TeamPolicy] = [:], alerts: [Alert] = [], incidents: [Incident] = []) {
        self.policies = policies
        self.alerts = Dictionary(alerts.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
        self.incidents = Dictionary(incidents.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
        for incident in self.incidents.values { index(incident) }
    }

    package func policy(of team: TeamID) -> TeamPolicy { policies[team] ?? TeamPolicy() }

    package func openIncident(of group: Group) -> Incident? { open[group].flatMap { incidents[$0] } }

    package func latestResolvedIncident(of group: Group) -> Incident? { latestResolved[group].flatMap { incidents[$0] } }

    /// The state after the changes were saved. The grouper itself starts every batch from the database; simulations go on from here.
    package func applying(_ changes: GroupingChanges) -> GroupState {
        var alerts = alerts
        for alert in changes.alerts { alerts[alert.id] = alert }
        var incidents = incidents
        for event in changes.events { incidents[event.incident.id] = event.incident }
        return GroupState(policies: policies, alerts: Array(alerts.values), incidents: Array(incidents.values))
    }

    private mutating func index(_ incident: Incident) {
        let group = Group(teamID: incident.teamID, key: incident.groupingKey)
        guard let resolvedAt = incident.resolvedAt else {
            open[group] = incident.id
            return
        }
        if let other = latestResolvedIncident(of: group), let otherAt = other.resolvedAt,
            (otherAt, other.number) > (resolvedAt, incident.number)
        {
            return
        }
        latestResolved[group] = incident.id
    }
}
