/// Says what it means that a fact is, or is not, in its topic.
enum PublicationCheck {
    /// - Parameter isWaiting: it is in the outbox, which the check of that name tells.
    static func note(
        _ presence: FactLog.Presence, _ check: VerifyCheck, id: String, isWaiting: Bool, team: String, _ findings: inout Findings
    ) {
        switch presence {
        case .published(_, times: 1): findings.note(check, .ok)
        case .published: findings.note(check, .repeated)
        case .outOfReach: findings.add(check, .notChecked, "trimmed", id: id, team: team, "the topic no longer reaches so far back")
        case .missing where isWaiting: findings.add(check, .pending, "in_outbox", id: id, team: team, "waits in the outbox")
        case .missing: findings.add(check, .lost, "not_published", id: id, team: team, "neither in the topic nor in the outbox")
        }
    }
}
