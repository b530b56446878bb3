import FoundationEssentials
import Metrics
import Models
import Postgres
import ServiceKit
import Store

/// Acknowledges and resolves, for the API and the pages alike.
struct Commands: Sendable {
    let runtime: Runtime

    /// - Parameters:
    ///   - reference: the incident's id or number.
    ///   - id: names the wish; the same one again changes nothing and answers the incident as it is.
    /// - Throws: 404, 409 with the reason.
    func carryOut(
        _ action: IncidentCommand.Action, on reference: String, by visitor: Visitor, assignee: String?, id: String
    ) async throws -> Incident {
        let outcome = try await runtime.transaction { connection -> (Outcome, [Fact]) in
            guard let found = try await IncidentQueries.find(reference, team: visitor.teamID, in: connection) else {
                return (.refused(.noIncident, "not_found"), [])
            }
            let now = runtime.clock()
            let command = IncidentCommand(
                id: id, teamID: visitor.teamID, incidentID: found.id, action: action, actor: visitor.actor, assigneeID: assignee, at: now)
            return try await Self.outcome(of: command, now: now, in: connection)
        }
        ConsoleMetrics.commands.counter([("outcome", outcome.word)]).increment()
        return try outcome.incident
    }

    private enum Outcome: Sendable {
        case done(Incident)
        case repeated(Incident)
        case refused(ConsoleRefusal, String)

        var word: String {
            switch self {
            case .done: "done"
            case .repeated: "repeated"
            case .refused(_, let word): word
            }
        }

        var incident: Incident {
            get throws(ConsoleRefusal) {
                switch self {
                case .done(let incident), .repeated(let incident): return incident
                case .refused(let refusal, _): throw refusal
                }
            }
        }
    }

    private static func outcome(
        of command: IncidentCommand, now: Timestamp, in connection: PostgresConnection
    ) async throws -> (Outcome, [Fact]) {
        switch try await CommandStore.carryOut(command, now: now, in: connection) {
        case .done(let event): return (.done(event.incident), [event.fact(from: "console")])
        case .notFound: return (.refused(.noIncident, "not_found"), [])
        case .refused(let refusal, _): return (.refused(ConsoleRefusal(refusal), "refused"), [])
        case .repeated(let incident):
            // The same name for something else would look done and is not.
            guard try await isSame(command, in: connection) else { return (.refused(.keyReused, "refused"), []) }
            return (.repeated(incident), [])
        }
    }

    private static func isSame(_ command: IncidentCommand, in connection: PostgresConnection) async throws -> Bool {
        try await !connection.query(
            """
            -- same command
            SELECT 1 FROM incident_commands WHERE team_id = $1 AND id = $2 AND incident_id = $3 AND action = $4
            """, [command.teamID, command.id, command.incidentID, command.action.rawValue]
        ).isEmpty
    }
}

extension ConsoleRefusal {
    init(_ refusal: TransitionRefusal) {
        let code: Code =
            switch refusal {
            case .alreadyAcknowledged: .alreadyAcknowledged
            case .alreadyResolved: .alreadyResolved
            }
        self.init(409, code, "Not possible: \(refusal.reason).")
    }
}
