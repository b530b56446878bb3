import Models

/// What waits in the outbox for too long, and what is in the topic although nobody committed it.
struct OutboxPass {
    let context: VerifyContext
    private(set) var findings = Findings()
    /// Rows that were old already at the first look.
    private var suspects: Set<Int64> = []

    init(_ context: VerifyContext) { self.context = context }

    var hasSuspects: Bool { !suspects.isEmpty }

    mutating func run(_ facts: FactPass, now: Timestamp) {
        let oldest = now.adding(seconds: -context.graceSeconds)
        for fact in facts.waiting.values {
            if fact.createdAt < oldest { suspects.insert(fact.row) } else { findings.note(.outbox, .pending, state: "fresh") }
        }
    }

    mutating func runAgain(_ facts: FactPass) {
        for row in suspects.sorted() {
            guard let fact = facts.waiting[row] else {
                findings.note(.outbox, .ok, state: "published_meanwhile")
                continue
            }
            findings.add(
                .outbox, .late, "not_published", id: "\(row)", team: context.teams[fact.teamID],
                "\(fact.id) for \(fact.topic), committed at \(fact.createdAt.rfc3339)")
        }
        suspects = []
    }

    /// Facts of the topic whose event is not in the log.
    mutating func phantoms(_ facts: FactPass) async throws {
        let unknown = facts.events.unknown
        for start in stride(from: 0, to: unknown.count, by: 1000) {
            let part = unknown[start..<min(start + 1000, unknown.count)]
            let asked = part.map { (incident: IncidentID($0.fact.subject), sequence: $0.fact.number) }
            let existing = try await context.database.read { try await IncidentEvidenceStore.existing(asked, in: $0) }
            for (fact, place) in part {
                let id = "\(IncidentID(fact.subject))/\(fact.number)"
                if existing.contains(fact) {
                    findings.note(.events, .ok)
                } else {
                    findings.add(
                        .events, .phantom, "no_event", id: id, team: nil,
                        "\(Topic.incidents.name)[\(place.partition)]@\(place.offset) tells of an event that is not in the log")
                }
            }
        }
    }
}
