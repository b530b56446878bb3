/// Why a command does not apply. The caller's doing, not a fault of ours.
package enum TransitionRefusal: Error, Sendable, Hashable {
    case alreadyAcknowledged(by: String?)
    case alreadyResolved

    /// Stable word for machines.
    package var code: String {
        switch self {
        case .alreadyAcknowledged: "already_acknowledged"
        case .alreadyResolved: "already_resolved"
        }
    }

    package var reason: String {
        switch self {
        case .alreadyAcknowledged(let assignee?): "the incident is already acknowledged by \(assignee)"
        case .alreadyAcknowledged(nil): "the incident is already acknowledged"
        case .alreadyResolved: "the incident is already resolved"
        }
    }
}

/// The one place where an incident changes its status: open -> acknowledged -> resolved -> open again.
/// Each method returns the event; `event.incident` is the incident after it.
extension Incident {
    private func next(
        _ kind: IncidentEvent.Kind, by actor: Actor, at now: Timestamp, change: IncidentEvent.Change = .init(),
        _ edit: (inout Incident) -> Void
    ) -> IncidentEvent {
        var incident = self
        incident.sequence += 1
        incident.updatedAt = max(now, updatedAt)
        edit(&incident)
        return IncidentEvent(kind: kind, at: incident.updatedAt, actor: actor, incident: incident, change: change)
    }

    /// The first event of a new incident, `self` being its first state with sequence 0.
    package func opened(by actor: Actor, at now: Timestamp, change: IncidentEvent.Change) -> IncidentEvent {
        next(.opened, by: actor, at: now, change: change) { _ in }
    }

    /// Alerts came or went, or the severity rose; `edit` states what.
    package func updated(
        by actor: Actor, at now: Timestamp, change: IncidentEvent.Change, _ edit: (inout Incident) -> Void
    ) -> IncidentEvent {
        next(.updated, by: actor, at: now, change: change, edit)
    }

    package func acknowledged(
        by actor: Actor, assignee: String?, at now: Timestamp
    ) throws(TransitionRefusal) -> IncidentEvent {
        switch status {
        case .resolved: throw .alreadyResolved
        case .acknowledged: throw .alreadyAcknowledged(by: assigneeID)
        case .open:
            return next(.acknowledged, by: actor, at: now) { incident in
                incident.status = .acknowledged
                incident.ackedAt = incident.updatedAt
                let assignee = assignee ?? incident.assigneeID ?? actor.name
                incident.assigneeID = Incident.cut(assignee, to: Incident.maxAssigneeCharacters)
            }
        }
    }

    package func resolved(
        by actor: Actor, at now: Timestamp, change: IncidentEvent.Change = .init()
    ) throws(TransitionRefusal) -> IncidentEvent {
        guard status != .resolved else { throw .alreadyResolved }
        return next(.resolved, by: actor, at: now, change: change) { incident in
            incident.status = .resolved
            incident.resolvedAt = incident.updatedAt
            incident.resolveDueAt = nil
        }
    }

    /// The same trouble is back within the reopen window. Whoever had it keeps it; the acknowledgement is void.
    package func reopened(
        by actor: Actor, at now: Timestamp, change: IncidentEvent.Change, _ edit: (inout Incident) -> Void
    ) -> IncidentEvent {
        next(.reopened, by: actor, at: now, change: change) { incident in
            incident.status = .open
            incident.ackedAt = nil
            incident.resolvedAt = nil
            incident.resolveDueAt = nil
            incident.reopenCount += 1
            edit(&incident)
        }
    }
}
