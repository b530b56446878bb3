import Models
import Postgres

/// The course of one drill: alert, incident, deliveries, resolution.
struct DrillCourse: Sendable {
    private static let lookEvery = Duration.milliseconds(100)
    /// For the incident to be resolved after the alert is: only told, never waited for longer.
    private static let resolutionSeconds = 5

    let drill: DrillAlert
    let gateway: GatewayClient
    let pool: PostgresPool
    let session: Session
    /// No progress on the standard error.
    let isQuiet: Bool

    /// - Throws: exit code 1 when no incident came of the alert in time.
    func run(team: TeamID, waitSeconds: Int) async throws -> (DrillReport, DrilledIncident) {
        let start = try await DrillStore.now(in: pool)
        let clockStart = ContinuousClock.now
        let deadline = clockStart.advanced(by: .seconds(waitSeconds))
        try await gateway.send(drill.body(.firing, at: session.now))
        tell("the gateway has the alert", clockStart)
        let result: Result<(DrillReport, DrilledIncident), any Error>
        do { result = .success(try await follow(team, start, clockStart, deadline)) } catch { result = .failure(error) }
        // Also after a failure: a drill must not stay open.
        try await resolve(team, clockStart)
        return try result.get()
    }

    private func follow(
        _ team: TeamID, _ start: Timestamp, _ clockStart: ContinuousClock.Instant, _ deadline: ContinuousClock.Instant
    ) async throws -> (DrillReport, DrilledIncident) {
        let found = try await look(until: deadline) { try await DrillStore.incident(of: drill, team: team, in: pool) }
        guard let incident = found else {
            throw OperatorFailure.failed(
                "no incident came of the alert: is alert-grouper running? See its /ready and tocsin deadletters list")
        }
        tell("incident #\(incident.number) is open", clockStart)
        let finished = try await look(until: deadline) {
            let report = try await DrillStore.report(incident: incident.id, team: team, since: start, in: pool)
            return report.isFinished ? report : nil
        }
        if let finished { return (finished, incident) }
        return (try await DrillStore.report(incident: incident.id, team: team, since: start, in: pool), incident)
    }

    private func resolve(_ team: TeamID, _ clockStart: ContinuousClock.Instant) async throws {
        try await gateway.send(drill.body(.resolved, at: session.now))
        let deadline = ContinuousClock.now.advanced(by: .seconds(Self.resolutionSeconds))
        let resolved = try await look(until: deadline) {
            let incident = try await DrillStore.incident(of: drill, team: team, in: pool)
            return incident?.status == .resolved ? incident : nil
        }
        tell(resolved == nil ? "the alert is resolved; the incident follows after the team's hold" : "the incident is resolved", clockStart)
    }

    /// Asks again and again: the answer comes through other processes.
    private func look<Answer: Sendable>(
        until deadline: ContinuousClock.Instant, _ ask: () async throws -> Answer?
    ) async throws -> Answer? {
        while true {
            if let answer = try await ask() { return answer }
            guard ContinuousClock.now < deadline else { return nil }
            try await Task.sleep(for: Self.lookEvery)
        }
    }

    private func tell(_ what: String, _ start: ContinuousClock.Instant) {
        guard !isQuiet else { return }
        session.output.complain("\(Milliseconds.of(ContinuousClock.now - start)) ms  \(what)")
    }

    /// Why a drill is not passed.
    static func verdict(_ report: DrillReport) -> String {
        guard !report.receipts.isEmpty else { return "the team has no channel that is on" }
        guard report.isPlanned else { return "the notifier has not planned any message: is it running? See its /ready" }
        let missed = Set(report.receipts.filter { !$0.isSent }.map(\.channel)).sorted()
        return "not delivered in \(missed.map(Printable.line).joined(separator: ", "))"
    }
}
