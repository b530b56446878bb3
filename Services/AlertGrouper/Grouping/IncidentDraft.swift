import Models

/// What a batch has done to one incident so far. However many alerts came and went in between, one event tells of them, and the status
/// changes once each way at most.
struct IncidentDraft {
    static let actor = Actor.system("alert-grouper")

    enum Origin {
        case existing(Incident)
        /// With the signal that opened it.
        case new(IncidentID, Group, Signal)
    }

    let origin: Origin
    private var change = IncidentEvent.Change()
    private var joined = 0
    /// Change of the number of firing alerts.
    private var firing = 0
    private var worst: Severity?
    private var commonLabels: Labels?
    private var traceparent: String?
    private var isReopening = false
    private var isRetired = false
    private var isDue = false
    private var hasExpired = false

    init(_ origin: Origin) { self.origin = origin }

    var id: IncidentID {
        switch origin {
        case .existing(let incident): incident.id
        case .new(let id, _, _): id
        }
    }

    var teamID: TeamID {
        switch origin {
        case .existing(let incident): incident.teamID
        case .new(_, let group, _): group.teamID
        }
    }

    /// Whether this batch has brought or ended an alert of it.
    var isTouched: Bool { change.alertsFired + change.alertsResolved > 0 }

    /// It was resolved before this batch, which has not reopened it.
    var staysResolved: Bool {
        guard case .existing(let incident) = origin else { return false }
        return incident.status == .resolved && !isReopening
    }

    /// An alert fires in it.
    /// - Parameter isMember: whether it belonged to this incident before.
    mutating func fire(_ alert: Alert, isMember: Bool, because signal: Signal) {
        change.alertsFired += 1
        firing += 1
        joined += isMember ? 0 : 1
        noteSeverity(alert.severity)
        narrowCommonLabels(to: alert.labels)
        traceparent = traceparent ?? signal.traceparent
    }

    /// Only a new incident asks for the labels that its alerts share.
    private mutating func narrowCommonLabels(to labels: Labels) {
        guard case .new = origin else { return }
        guard let common = commonLabels else {
            commonLabels = labels
            return
        }
        // Most alerts of a group take none away: then nothing is built.
        if common.contains(where: { labels[$0.key] != $0.value }) { commonLabels = common.filter { labels[$0.key] == $0.value } }
    }

    /// A firing alert of it has got worse.
    mutating func noteSeverity(_ severity: Severity) { worst = max(worst ?? severity, severity) }

    /// An alert of it ended.
    mutating func end(because signal: Signal?) {
        change.alertsResolved += 1
        firing -= 1
        hasExpired = signal == nil
        traceparent = traceparent ?? signal?.traceparent
    }

    /// It takes alerts again.
    mutating func reopen() { isReopening = true }

    /// It stays as it is but takes no more alerts.
    mutating func retire() { isRetired = true }

    /// The hold has passed.
    mutating func fallDue() { isDue = true }
}

extension IncidentDraft {
    /// What happened, as events; none when nothing did.
    /// - Parameter number: the number of a new incident.
    func events(policy: TeamPolicy, now: Timestamp, number: Int64) -> [IncidentEvent] {
        var events: [IncidentEvent] = []
        switch origin {
        case .new(let id, let group, let signal):
            let incident = edited(opening(id, group, signal, number: number, now: now), policy: policy, now: now)
            events = [incident.opened(by: IncidentDraft.actor, at: now, change: noted(before: incident))]
            events += resolution(of: events[0].incident, policy: policy, now: now)
        case .existing(let incident) where isReopening:
            var change = noted(before: incident)
            change.reason = "an alert of the group fired within the reopen window"
            let event = incident.reopened(by: IncidentDraft.actor, at: now, change: change) { incident in
                if incident.firingCount == 0, let worst { incident.severity = worst }
                incident = edited(incident, policy: policy, now: now)
            }
            events = [event] + resolution(of: event.incident, policy: policy, now: now)
        case .existing(let incident):
            events = changes(of: incident, policy: policy, now: now)
        }
        return events.map { event in
            var event = event
            event.traceparent = traceparent
            return event
        }
    }

    /// The first state of a new incident, before its alerts are counted.
    private func opening(_ id: IncidentID, _ group: Group, _ signal: Signal, number: Int64, now: Timestamp) -> Incident {
        Incident(
            id: id, teamID: group.teamID, number: number, title: Incident.title(for: signal),
            description: Incident.description(for: signal), status: .open, severity: worst ?? signal.severity, groupingKey: group.key,
            labels: commonLabels ?? signal.labels, createdAt: now, updatedAt: now)
    }

    /// One event for an incident that is not reopened: resolved, updated, or none.
    private func changes(of incident: Incident, policy: TeamPolicy, now: Timestamp) -> [IncidentEvent] {
        let after = edited(incident, policy: policy, now: now)
        var change = noted(before: incident)
        if let resolved = resolution(of: after, change: change, policy: policy, now: now).first { return [resolved] }
        guard isTouched || isRetired || after != incident else { return [] }
        if isRetired { change.reason = "no change for longer than the grouping window: new alerts open a new incident" }
        return [incident.updated(by: IncidentDraft.actor, at: now, change: change) { $0 = carrying(after, over: $0) }]
    }

    /// The incident with the batch's counts, severity and due time.
    private func edited(_ incident: Incident, policy: TeamPolicy, now: Timestamp) -> Incident {
        var incident = incident
        incident.alertCount += joined
        incident.firingCount = max(0, incident.firingCount + firing)
        if let worst, incident.status != .resolved { incident.severity = max(incident.severity, worst) }
        if isRetired { incident.groupingKey = GroupingKey("\(incident.groupingKey)#\(incident.number)") }
        if incident.firingCount > 0 || incident.status == .resolved {
            incident.resolveDueAt = nil
        } else if isTouched, policy.settings.resolveHoldSeconds > 0 {
            incident.resolveDueAt = now.adding(seconds: policy.settings.resolveHoldSeconds)
        }
        return incident
    }

    /// `after` with the bookkeeping (sequence, time of update) of `next`.
    private func carrying(_ after: Incident, over next: Incident) -> Incident {
        var after = after
        after.sequence = next.sequence
        after.updatedAt = next.updatedAt
        return after
    }

    private func noted(before incident: Incident) -> IncidentEvent.Change {
        var change = change
        guard case .existing = origin, let worst, incident.status != .resolved || isReopening else { return change }
        let falls = isReopening && incident.firingCount == 0
        let severity = falls ? worst : max(incident.severity, worst)
        if severity != incident.severity { change.previousSeverity = incident.severity }
        return change
    }

    /// The resolved event, when the incident is over.
    private func resolution(
        of incident: Incident, change: IncidentEvent.Change = .init(), policy: TeamPolicy, now: Timestamp
    ) -> [IncidentEvent] {
        guard incident.status != .resolved, incident.firingCount == 0 else { return [] }
        guard isDue || isTouched && policy.settings.resolveHoldSeconds == 0 else { return [] }
        var change = change
        change.reason = hasExpired ? "all alerts resolved, the last one because nobody refreshed it" : "all alerts resolved"
        // The status was checked above: the only refusal cannot happen.
        guard let event = try? incident.resolved(by: IncidentDraft.actor, at: now, change: change) else { return [] }
        return [event]
    }
}
