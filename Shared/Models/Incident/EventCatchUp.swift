/// What facts that came twice, late or out of order mean for a consumer that handles every event of an incident once and in sequence. Pure.
package enum EventCatchUp: Sendable, Hashable {
    /// All of them were handled before.
    case nothing
    /// These are new and leave no gap, in sequence.
    case complete([IncidentEvent])
    /// Some in between are missing: the event log of that team has them.
    case read(team: TeamID, from: Int64, to: Int64)

    /// - Parameters:
    ///   - events: of one incident, by sequence.
    ///   - handled: sequence of the last event that was handled, 0 for none.
    package init(_ events: [Int64: IncidentEvent], after handled: Int64) {
        guard let newest = events.keys.max(), newest > handled, let team = events[newest]?.incident.teamID else {
            self = .nothing
            return
        }
        // A record may claim any sequence: count what is there, not what would be.
        let fresh = events.filter { $0.key > handled }
        guard Int64(fresh.count) == newest - handled else {
            self = .read(team: team, from: handled + 1, to: newest)
            return
        }
        self = .complete(fresh.sorted { $0.key < $1.key }.map(\.value))
    }

    /// Events by incident and sequence.
    package static func sorted(_ events: [IncidentEvent]) -> [IncidentID: [Int64: IncidentEvent]] {
        var byIncident: [IncidentID: [Int64: IncidentEvent]] = [:]
        for event in events { byIncident[event.incident.id, default: [:]][event.sequence] = event }
        return byIncident
    }
}
