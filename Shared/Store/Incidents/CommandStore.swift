package import Models
package import Postgres

/// Carries out commands on incidents: once each, whoever asks.
package enum CommandStore {
    package enum Outcome: Sendable, Hashable {
        /// Done now; the event is saved and must go to the outbox.
        case done(IncidentEvent)
        /// This very command was carried out before; the incident as it is now.
        case repeated(Incident)
        case refused(TransitionRefusal, Incident)
        /// The team has no such incident.
        case notFound
    }

    /// Locks the incident, applies the command, saves the event and remembers the command's id. Call within a transaction.
    package static func carryOut(_ command: IncidentCommand, now: Timestamp, in connection: PostgresConnection) async throws -> Outcome {
        guard let incident = try await IncidentStore.lock(command.incidentID, of: command.teamID, in: connection) else {
            return .notFound
        }
        let event: IncidentEvent
        do { event = try command.applied(to: incident, now: now) } catch {
            return try await isKnown(command, in: connection) ? .repeated(incident) : .refused(error, incident)
        }
        guard try await remember(command, in: connection) else { return .repeated(incident) }
        IncidentStore.save([event], in: connection)
        return .done(event)
    }

    private static func remember(_ command: IncidentCommand, in connection: PostgresConnection) async throws -> Bool {
        try await connection.query(
            """
            -- remember command
            INSERT INTO incident_commands (team_id, id, incident_id, action, outcome) VALUES ($1, $2, $3, $4, 'done')
            ON CONFLICT DO NOTHING
            """, [command.teamID, command.id, command.incidentID, command.action.rawValue]
        ).affected == 1
    }

    private static func isKnown(_ command: IncidentCommand, in connection: PostgresConnection) async throws -> Bool {
        try await !connection.query(
            """
            -- known command
            SELECT 1 FROM incident_commands WHERE team_id = $1 AND id = $2
            """, [command.teamID, command.id]
        ).isEmpty
    }
}
