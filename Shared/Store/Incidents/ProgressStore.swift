package import Models
package import Postgres

/// How far a service has got in each incident's life (`consumer_progress`). Facts may reach it twice, late or out of order; with this it
/// handles every event once and in sequence.
package enum ProgressStore {
    /// Turns the events of a batch into what is really new, in sequence: drops what was handled, reads what is missing from the event log,
    /// and advances the progress. Call within the transaction of the effects.
    package static func unseen(
        _ events: [IncidentEvent], by group: String, in connection: PostgresConnection
    ) async throws -> [IncidentEvent] {
        let byIncident = EventCatchUp.sorted(events)
        let handled = try await lock(Array(byIncident.keys), by: group, in: connection)
        var fresh: [IncidentEvent] = []
        for (id, sequences) in byIncident.sorted(by: { $0.key < $1.key }) {
            // An incident that is gone, with its team, has no row and no use for its events.
            guard let done = handled[id] else { continue }
            switch EventCatchUp(sequences, after: done) {
            case .nothing: break
            case .complete(let events): fresh += events
            case .read(let team, let first, let last):
                fresh += try await IncidentStore.events(of: id, team: team, from: first, to: last, in: connection)
            }
        }
        advance(fresh, by: group, in: connection)
        return fresh
    }

    /// Makes and locks the row of every incident that still exists: a concurrent handler of the same incident waits here, and then sees
    /// what this one has handled.
    private static func lock(
        _ ids: [IncidentID], by group: String, in connection: PostgresConnection
    ) async throws -> [IncidentID: Int64] {
        let sorted = ids.sorted()
        // One round trip: the second statement sees, and locks, the rows of the first.
        let rows = try await connection.query([
            PostgresStatement(
                """
                -- begin progress
                INSERT INTO consumer_progress (consumer_group, team_id, incident_id, sequence)
                SELECT $1, team_id, id, 0 FROM incidents WHERE id = ANY($2::uuid[]) ORDER BY id
                ON CONFLICT (consumer_group, incident_id) DO NOTHING
                """, [group, sorted]),
            PostgresStatement(
                """
                -- lock progress
                SELECT incident_id, sequence FROM consumer_progress
                WHERE consumer_group = $1 AND incident_id = ANY($2::uuid[]) ORDER BY incident_id FOR UPDATE
                """, [group, sorted]),
        ])[1]
        var handled: [IncidentID: Int64] = [:]
        for row in rows { handled[try row.identifier("incident_id")] = try row.int64("sequence") }
        return handled
    }

    /// With the transaction's next round trip: that of its effects or of its COMMIT.
    private static func advance(_ events: [IncidentEvent], by group: String, in connection: PostgresConnection) {
        var last: [IncidentID: IncidentEvent] = [:]
        for event in events { last[event.incident.id] = event }
        guard !last.isEmpty else { return }
        let sorted = last.values.sorted { $0.incident.id < $1.incident.id }
        connection.queue(
            """
            -- advance progress
            UPDATE consumer_progress AS p SET sequence = n.sequence
            FROM unnest($2::uuid[], $3::bigint[]) AS n (incident_id, sequence)
            WHERE p.consumer_group = $1 AND p.incident_id = n.incident_id
            """, [group, sorted.map(\.incident.id), sorted.map(\.sequence)])
    }
}
