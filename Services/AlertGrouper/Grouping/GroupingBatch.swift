package import Models

/// Turns signals into changes of alerts and incidents. Pure: reads the state, `now` and the ids it is given.
///
/// Use: `take` the signals in order (or `expire`, or `resolveDue`), then ask for the `changes`, giving a number for each new incident.
package struct GroupingBatch {
    private let state: GroupState
    private let now: Timestamp
    private let newID: () -> IncidentID
    /// Alerts that this batch has changed, as they are by now.
    private var alerts: [Alert.ID: Alert] = [:]
    private var occurrences: [Occurrence.ID: Occurrence] = [:]
    private var drafts: [IncidentDraft] = []
    private var draftOf: [IncidentID: Int] = [:]
    /// The incident that takes the alerts of a group for the rest of the batch.
    private var taker: [Group: IncidentID] = [:]
    private var signals: [SignalOutcome: Int] = [:]

    /// - Parameter newID: makes the id of a new incident.
    package init(state: GroupState, now: Timestamp, newID: @escaping () -> IncidentID = { .random() }) {
        self.state = state
        self.now = now
        self.newID = newID
    }

    package mutating func take(_ signals: [Signal]) {
        for signal in signals { take(signal) }
    }

    private mutating func take(_ signal: Signal) {
        let outcome: SignalOutcome
        if var alert = alerts[signal.alertID] ?? state.alerts[signal.alertID] {
            let before = alert
            outcome = isBackUnseen(alert, signal) ? startOver(&alert, signal) : alert.take(signal)
            // One that begins to fire is stored once it has its incident.
            if outcome != .new, alert != before { store(alert) }
            follow(outcome, of: alert, before: before, signal)
        } else {
            let alert = Alert(first: signal, now: now)
            outcome = signal.status == .firing ? .new : .resolved
            if outcome != .new { store(alert) }
            follow(outcome, of: alert, before: nil, signal)
        }
        signals[outcome, default: 0] += 1
    }

    /// What the change of an alert means for incidents and history.
    private mutating func follow(_ outcome: SignalOutcome, of alert: Alert, before: Alert?, _ signal: Signal) {
        switch outcome {
        case .new: join(alert, because: signal)
        case .resolved:
            let wasSeenFiring = before?.status == .firing
            if wasSeenFiring { leave(alert, because: signal) }
            note(alert, inIncident: wasSeenFiring)
        case .repeat:
            guard alert.status == .firing, let before, alert.severity > before.severity, let id = alert.incidentID else { return }
            if let index = draft(of: id) { drafts[index].noteSeverity(alert.severity) }
        case .stale: break
        }
    }

    /// Resolves every firing alert of the state whose time is over.
    package mutating func expire() {
        let due = state.alerts.values.filter { $0.status == .firing && ($0.expiresAt.map { $0 <= now } ?? false) }
        for var alert in due.sorted(by: { $0.id < $1.id }) {
            alert.expire()
            store(alert)
            leave(alert, because: nil)
            note(alert)
        }
    }

    /// Resolves every incident of the state whose hold has passed.
    package mutating func resolveDue() {
        for incident in state.incidents.values.sorted(by: { $0.id < $1.id }) {
            guard let due = incident.resolveDueAt, due <= now, let index = draft(of: incident.id) else { continue }
            drafts[index].fallDue()
        }
    }

    /// How many incidents are new, each wants a number.
    package var newIncidents: Int {
        drafts.count { draft in
            if case .new = draft.origin { return true }
            return false
        }
    }

    /// - Parameter numbers: of the new incidents, in the order in which they opened. Missing ones count as 0.
    package func changes(numbers: [Int64]) -> GroupingChanges {
        var numbers = numbers[...]
        var changes = GroupingChanges(signals: signals)
        for draft in drafts {
            var number: Int64 = 0
            if case .new = draft.origin { number = numbers.popFirst() ?? 0 }
            changes.events += draft.events(policy: state.policy(of: draft.teamID), now: now, number: number)
        }
        for id in alerts.keys.sorted() {
            guard let alert = alerts[id] else { continue }
            if state.alerts[id] == nil { changes.newAlerts.append(alert) } else { changes.changedAlerts.append(alert) }
        }
        changes.occurrences = occurrences.keys.sorted().compactMap { occurrences[$0] }
        return changes
    }
}

extension GroupingBatch {
    private mutating func store(_ alert: Alert) {
        var alert = alert
        alert.updatedAt = max(now, alert.updatedAt)
        alerts[alert.id] = alert
    }

    /// Writes the alert's current occurrence into the history; the start told first stays.
    /// - Parameter inIncident: false when it ended before anybody had seen it fire.
    private mutating func note(_ alert: Alert, inIncident: Bool = true) {
        var occurrence = Occurrence(alert)
        if !inIncident { occurrence.incidentID = nil }
        if let known = occurrences[occurrence.id] { occurrence.startsAt = known.startsAt }
        occurrences[occurrence.id] = occurrence
    }

    private mutating func join(_ alert: Alert, because signal: Signal) {
        let index = draftTaking(alert, signal)
        var joined = alert
        joined.incidentID = drafts[index].id
        drafts[index].fire(joined, isMember: alert.incidentID == joined.incidentID, because: signal)
        store(joined)
        note(joined)
    }

    /// Whether a firing alert fires anew although its end was never told, and its incident was resolved by hand. With the incident
    /// still unresolved the later start changes nothing; without one, nobody would learn that the trouble is back.
    private func isBackUnseen(_ alert: Alert, _ signal: Signal) -> Bool {
        guard alert.status == .firing, signal.status == .firing, signal.startsAt > alert.startsAt, let id = alert.incidentID else {
            return false
        }
        return draftOf[id].map { drafts[$0].staysResolved } ?? (state.incidents[id]?.status == .resolved)
    }

    /// The occurrence before ended at the latest when this one began.
    private mutating func startOver(_ alert: inout Alert, _ signal: Signal) -> SignalOutcome {
        var ended = alert
        ended.endsAt = signal.startsAt
        note(ended)
        leave(ended, because: signal)
        alert.fireAnew(signal)
        return .new
    }

    private mutating func leave(_ alert: Alert, because signal: Signal?) {
        guard let id = alert.incidentID, let index = draft(of: id) else { return }
        drafts[index].end(because: signal)
    }

    /// The draft of an incident, begun when this batch had not touched it yet; nil when the state does not hold the incident.
    private mutating func draft(of id: IncidentID) -> Int? {
        if let index = draftOf[id] { return index }
        return state.incidents[id].map { begin(.existing($0)) }
    }

    private mutating func begin(_ origin: IncidentDraft.Origin) -> Int {
        drafts.append(IncidentDraft(origin))
        draftOf[drafts[drafts.count - 1].id] = drafts.count - 1
        return drafts.count - 1
    }

    /// The incident that an alert joins: the open one of its group, else the one resolved a moment ago, else a new one.
    private mutating func draftTaking(_ alert: Alert, _ signal: Signal) -> Int {
        let group = Group(teamID: alert.id.teamID, key: alert.groupingKey)
        if let id = taker[group], let index = draft(of: id) { return index }
        let index = openDraft(of: group, alert) ?? reopenedDraft(of: group) ?? begin(.new(newID(), group, signal))
        taker[group] = drafts[index].id
        return index
    }

    /// nil when the group has no open incident, or one that is retired now because nothing changed for longer than the window.
    private mutating func openDraft(of group: Group, _ alert: Alert) -> Int? {
        guard let incident = state.openIncident(of: group), let index = draft(of: incident.id) else { return nil }
        let window = state.policy(of: group.teamID).rules.rule(for: alert.labels)?.windowSeconds ?? 0
        guard window > 0, !drafts[index].isTouched, now > incident.updatedAt.adding(seconds: window) else { return index }
        drafts[index].retire()
        return nil
    }

    private mutating func reopenedDraft(of group: Group) -> Int? {
        let window = state.policy(of: group.teamID).settings.reopenWindowSeconds
        guard window > 0, state.openIncident(of: group) == nil, let incident = state.latestResolvedIncident(of: group),
            let resolvedAt = incident.resolvedAt, now <= resolvedAt.adding(seconds: window), let index = draft(of: incident.id)
        else { return nil }
        drafts[index].reopen()
        return index
    }
}
