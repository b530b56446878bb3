import Models

@testable import tocsin

/// Values that most tests of `verify` do not vary.
enum VerifyScene {
    static let team = TeamID.random()
    static let start = Timestamp(seconds: 1_795_000_000)

    static func at(_ seconds: Int) -> Timestamp { start.adding(seconds: seconds) }

    /// Times in seconds after `start`; received two seconds after its begin, or its end, unless told.
    static func signal(
        _ fingerprint: String = "f", startsAt: Int = 0, endsAt: Int? = nil, receivedAt: Int? = nil, expiresAt: Int? = nil
    ) -> Signal {
        Signal(
            teamID: team, source: "generic", fingerprint: Fingerprint(fingerprint), status: endsAt == nil ? .firing : .resolved,
            startsAt: at(startsAt), endsAt: endsAt.map(at), expiresAt: expiresAt.map(at), labels: ["service": "shop"], annotations: [:],
            generatorURL: nil, groupingKey: GroupingKey("service=shop"), receivedAt: at(receivedAt ?? (endsAt ?? startsAt) + 2))
    }

    /// An incident with the events of its life: `kinds`, ten seconds apart.
    static func evidence(_ kinds: [IncidentEvent.Kind], id: IncidentID = .random()) throws -> IncidentEvidence {
        var events: [IncidentEvent] = []
        var now = Incident(
            id: id, teamID: team, number: 7, title: "Trouble", description: "", status: .open, severity: .high,
            groupingKey: GroupingKey("service=shop"), labels: ["service": "shop"], createdAt: start, updatedAt: start, alertCount: 1,
            firingCount: 1)
        for (index, kind) in kinds.enumerated() {
            let event = try next(kind, of: now, at: at(index * 10))
            events.append(event)
            now = event.incident
        }
        let acked = events.first { $0.kind == .acknowledged }?.at
        var evidence = IncidentEvidence(
            incident: now, events: events.map { .init(sequence: $0.sequence, kind: $0.kind.rawValue, at: $0.at) }, last: events.last,
            firingAlerts: now.firingCount, firstAckedAt: acked, measure: nil, notified: now.sequence, measured: now.sequence)
        evidence.measure = MeasureCheck.expected(of: evidence)
        return evidence
    }

    static func next(_ kind: IncidentEvent.Kind, of incident: Incident, at now: Timestamp) throws -> IncidentEvent {
        let actor = Actor.system("test")
        switch kind {
        case .opened: return incident.opened(by: actor, at: now, change: .init())
        case .updated: return incident.updated(by: actor, at: now, change: .init()) { _ in }
        case .acknowledged: return try incident.acknowledged(by: actor, assignee: nil, at: now)
        case .resolved: return try incident.resolved(by: actor, at: now)
        case .reopened: return incident.reopened(by: actor, at: now, change: .init()) { _ in }
        }
    }
}

extension Findings {
    /// `lost no_alert id`, of everything that was found.
    func list(_ check: VerifyCheck) -> [String] {
        self[check].findings.values.flatMap { $0 }.map { "\($0.status.rawValue) \($0.reason) \($0.id)" }.sorted()
    }
}
