import Delivery
import Kafka
import Models

/// Goes through the incidents of the window, team by team, and compares each with its events, messages, facts and measures.
struct IncidentPass {
    private static let incidentsPerPage = 200
    /// Events of one page, unless one incident alone has more.
    private static let eventsPerPage = 4000
    private static let bodiesPerRead = 500
    private static let notifier = "notifier"
    private static let aggregator = "metrics-aggregator"

    let context: VerifyContext
    private(set) var findings = Findings()
    private var suspects: [TeamID: [IncidentID]] = [:]
    private var suspectCount = 0
    private var seen: Set<IncidentID> = []

    init(_ context: VerifyContext) { self.context = context }

    var hasSuspects: Bool { suspectCount > 0 }

    mutating func run(_ facts: inout FactPass) async throws {
        let consumers = try await consumers(facts)
        for (team, slug) in context.selected {
            let visit = try await visit(team, slug, consumers)
            var cursor: IncidentEvidenceStore.Cursor?
            while true {
                let page = try await context.database.read { [cursor, window = context.window] in
                    try await IncidentEvidenceStore.list(
                        team: team, window: window, after: cursor, limit: Self.incidentsPerPage, in: $0)
                }
                let taken = Self.bounded(page)
                let fresh = taken.map(\.cursor.id).filter { seen.insert($0).inserted }
                try context.checkBound(seen.count, of: "incidents")
                try await examine(fresh, visit, &facts, isFirst: true)
                guard let last = taken.last, taken.count < page.count || page.count == Self.incidentsPerPage else { break }
                cursor = last.cursor
            }
        }
    }

    /// Looks at the suspicious ones once more and keeps that result.
    mutating func runAgain(_ facts: inout FactPass) async throws {
        let consumers = try await consumers(facts)
        let again = suspects
        suspects = [:]
        suspectCount = 0
        for (team, ids) in again {
            let visit = try await visit(team, context.teams[team] ?? "\(team)", consumers)
            for start in stride(from: 0, to: ids.count, by: 50) {
                try await examine(Array(ids[start..<min(start + 50, ids.count)]), visit, &facts, isFirst: false)
            }
        }
    }

    /// What is the same for all incidents of a team.
    private struct Visit: Sendable {
        let team: TeamID
        let slug: String
        let check: DeliveryCheck
        let consumers: Consumers
    }

    private struct Consumers: Sendable {
        let notifier: Consumption
        let aggregator: Consumption
    }

    private func consumers(_ facts: FactPass) async throws -> Consumers {
        let since = context.window.from.adding(seconds: -60)
        return Consumers(
            notifier: try await context.database.consumption(
                of: Self.notifier, topic: .incidents, clusterID: facts.clusterID, since: since),
            aggregator: try await context.database.consumption(
                of: Self.aggregator, topic: .incidents, clusterID: facts.clusterID, since: since))
    }

    private func visit(_ team: TeamID, _ slug: String, _ consumers: Consumers) async throws -> Visit {
        let channels = try await context.database.read { try await LedgerEvidenceStore.channels(of: team, in: $0) }
        let check = DeliveryCheck(channels: channels, registry: context.registry, team: slug)
        return Visit(team: team, slug: slug, check: check, consumers: consumers)
    }

    /// As many of the page as have a bearable number of events together; at least one.
    private static func bounded(_ page: [IncidentEvidenceStore.Listed]) -> [IncidentEvidenceStore.Listed] {
        var events: Int64 = 0
        let fitting = page.prefix { listed in
            events += listed.sequence
            return events <= Int64(eventsPerPage)
        }
        return Array(fitting.isEmpty ? page.prefix(1) : fitting)
    }

    private mutating func examine(_ ids: [IncidentID], _ visit: Visit, _ facts: inout FactPass, isFirst: Bool) async throws {
        guard !ids.isEmpty else { return }
        let evidence = try await context.database.read { try await IncidentEvidenceStore.read(ids, team: visit.team, in: $0) }
        var found: [IncidentID: Findings] = [:]
        for incident in evidence { found[incident.incident.id] = examine(incident, visit, &facts) }
        try await examineMessages(of: evidence, visit, &facts, &found)
        for (id, own) in found {
            if isFirst, own.isSuspicious, suspectCount < VerifyContext.maxSuspects {
                suspects[visit.team, default: []].append(id)
                suspectCount += 1
            } else {
                findings.merge(own)
            }
        }
        context.progress.add(ids.count)
    }

    private func examine(_ evidence: IncidentEvidence, _ visit: Visit, _ facts: inout FactPass) -> Findings {
        var found = IncidentCheck.examine(evidence, team: visit.slug)
        found.merge(MeasureCheck.examine(evidence, team: visit.slug))
        let id = evidence.incident.id
        for event in evidence.events where context.window.contains(event.at) {
            let fact = FactKey(event: id, sequence: event.sequence)
            let presence = facts.events.presence(of: fact, key: "\(id)", since: event.at)
            let name = "\(id)/\(event.sequence)"
            PublicationCheck.note(presence, .events, id: name, isWaiting: facts.isWaiting(name), team: visit.slug, &found)
            guard case .published(let place, _) = presence else { continue }
            if event.sequence > evidence.notified, !visit.check.channels.isEmpty {
                ProgressCheck.passedOver(name, at: place, by: visit.consumers.notifier, check: .deliveries, team: visit.slug)
                    .map { found.add($0) }
            }
            if event.sequence > evidence.measured {
                ProgressCheck.passedOver(name, at: place, by: visit.consumers.aggregator, check: .metrics, team: visit.slug)
                    .map { found.add($0) }
            }
        }
        return found
    }

    private func examineMessages(
        of evidence: [IncidentEvidence], _ visit: Visit, _ facts: inout FactPass, _ found: inout [IncidentID: Findings]
    ) async throws {
        guard !visit.check.channels.isEmpty else { return }
        let ids = evidence.map(\.incident.id)
        let entries = try await context.database.read { try await LedgerEvidenceStore.entries(of: ids, team: visit.team, in: $0) }
        let byIncident = Dictionary(grouping: entries, by: \.incidentID)
        for incident in evidence {
            let known = Set(incident.events.map(\.sequence))
            for entry in byIncident[incident.incident.id] ?? [] {
                if context.window.contains(entry.createdAt), !known.contains(entry.sequence) {
                    found[entry.incidentID, default: Findings()].add(visit.check.phantom(entry))
                }
                noteOutcome(entry, visit, &facts, &found[entry.incidentID, default: Findings()])
            }
        }
        let handled = Dictionary(evidence.map { ($0.incident.id, $0.notified) }) { first, _ in first }
        let ledgers = byIncident.mapValues(Ledger.init)
        try await forEachEvent(of: ids, visit.team) { id, sequence, event in
            guard let event else {
                return found[id, default: Findings()].add(
                    .incidents, .wrong, "unreadable_event", id: "\(id)/\(sequence)", team: visit.slug, "its body cannot be read")
            }
            found[id, default: Findings()].merge(visit.check.examine(event, ledgers[id] ?? Ledger([]), handled: handled[id] ?? 0))
        }
    }

    private func noteOutcome(_ entry: LedgerEntry, _ visit: Visit, _ facts: inout FactPass, _ found: inout Findings) {
        guard let finishedAt = entry.finishedAt, context.window.contains(finishedAt),
            let fact = FactKey(delivery: entry.id, state: entry.state)
        else { return }
        let presence = facts.outcomes.presence(of: fact, key: "\(entry.incidentID)", since: finishedAt)
        let isWaiting = facts.waiting.values.contains { $0.id.hasPrefix("\(entry.id)/\(entry.state)/") }
        PublicationCheck.note(presence, .outcomes, id: "\(entry.id)", isWaiting: isWaiting, team: visit.slug, &found)
    }

    private func forEachEvent(
        of ids: [IncidentID], _ team: TeamID, _ body: (IncidentID, Int64, IncidentEvent?) -> Void
    ) async throws {
        var last: (id: IncidentID, sequence: Int64)?
        while true {
            let page = try await context.database.read { [last, window = context.window] in
                try await IncidentEvidenceStore.events(
                    of: ids, team: team, window: window, after: last, limit: Self.bodiesPerRead, in: $0)
            }
            for (id, sequence, event) in page { body(id, sequence, event) }
            guard page.count == Self.bodiesPerRead, let end = page.last else { return }
            last = (end.id, end.sequence)
        }
    }
}
