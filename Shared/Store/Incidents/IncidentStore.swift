package import Models
package import Postgres

/// SQL of incidents and their event log, for the services that change them (alert-grouper, console). Call within a transaction.
package enum IncidentStore {
    /// Reads one row of `incidents` with all columns.
    package static func incident(_ row: Row) throws -> Incident {
        Incident(
            id: try row.identifier("id"),
            teamID: try row.identifier("team_id"),
            number: try row.int64("number"),
            title: try row.string("title"),
            description: try row.string("description"),
            status: try row.choice("status"),
            severity: try row.choice("severity"),
            groupingKey: GroupingKey(try row.string("grouping_key")),
            labels: try row.labels("labels"),
            createdAt: try row.timestamp("created_at"),
            updatedAt: try row.timestamp("updated_at"),
            ackedAt: try row.optionalTimestamp("acked_at"),
            resolvedAt: try row.optionalTimestamp("resolved_at"),
            assigneeID: try row.optionalString("assignee_id"),
            resolveDueAt: try row.optionalTimestamp("resolve_due_at"),
            reopenCount: try row.int("reopen_count"),
            alertCount: try row.int("alert_count"),
            firingCount: try row.int("firing_count"),
            sequence: try row.int64("sequence"))
    }

    /// Reads and locks one incident of a team; nil when the team has none of that id.
    package static func lock(_ id: IncidentID, of team: TeamID, in connection: PostgresConnection) async throws -> Incident? {
        try await connection.query(
            """
            -- lock incident
            SELECT * FROM incidents WHERE team_id = $1 AND id = $2 FOR NO KEY UPDATE
            """, [team, id]
        ).first.map(incident)
    }

    /// Fresh incident numbers, rising.
    package static func nextNumbers(_ count: Int, in connection: PostgresConnection) async throws -> [Int64] {
        try await connection.query(
            """
            -- incident numbers
            SELECT nextval('incident_number_seq') AS number FROM generate_series(1, $1::int)
            """, [count]
        ).map { try $0.int64("number") }
    }

    /// Writes events and the incidents as they are after them, with the next round trip (``PostgresConnection/queue(_:_:)``): the incident's
    /// row is inserted or replaced by the last event's snapshot. That round trip throws a unique violation when another transaction opened
    /// an incident of the same group, or wrote the same sequence.
    /// - Parameter events: in order of sequence within each incident.
    package static func save(_ events: [IncidentEvent], in connection: PostgresConnection) {
        guard !events.isEmpty else { return }
        var last: [IncidentID: Incident] = [:]
        for event in events { last[event.incident.id] = event.incident }
        // An incident that leaves a grouping key free must be written before one that takes it.
        let incidents = last.values.sorted { ($0.teamID, $0.id) < ($1.teamID, $1.id) }
        let leaving = incidents.filter { $0.status == .resolved || $0.sequence > 1 }
        upsert(leaving, in: connection)
        upsert(incidents.filter { $0.status != .resolved && $0.sequence <= 1 }, in: connection)
        let sorted = events.sorted { ($0.incident.teamID, $0.incident.id, $0.sequence) < ($1.incident.teamID, $1.incident.id, $1.sequence) }
        append(sorted, in: connection)
    }

    private static func upsert(_ incidents: [Incident], in connection: PostgresConnection) {
        guard !incidents.isEmpty else { return }
        connection.queue(
            """
            -- upsert incidents
            INSERT INTO incidents (
                id, team_id, number, title, description, status, severity, grouping_key, labels, created_at, updated_at, acked_at,
                resolved_at, resolve_due_at, assignee_id, reopen_count, alert_count, firing_count, sequence)
            SELECT * FROM unnest(
                $1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::incident_status[], $7::incident_severity[], $8::text[],
                $9::jsonb[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[],
                $15::text[], $16::int[], $17::int[], $18::int[], $19::bigint[])
            ON CONFLICT (id) DO UPDATE SET
                title = excluded.title, description = excluded.description, status = excluded.status, severity = excluded.severity,
                grouping_key = excluded.grouping_key, updated_at = excluded.updated_at, acked_at = excluded.acked_at,
                resolved_at = excluded.resolved_at, resolve_due_at = excluded.resolve_due_at, assignee_id = excluded.assignee_id,
                reopen_count = excluded.reopen_count, alert_count = excluded.alert_count, firing_count = excluded.firing_count,
                sequence = excluded.sequence
            """,
            [
                incidents.map(\.id), incidents.map(\.teamID), incidents.map(\.number), incidents.map(\.title),
                incidents.map(\.description), incidents.map(\.status.rawValue), incidents.map(\.severity),
                incidents.map(\.groupingKey.text), PostgresArray.utf8(incidents.map(\.labels.jsonBytes)), incidents.map(\.createdAt),
                incidents.map(\.updatedAt),
                incidents.map(\.ackedAt), incidents.map(\.resolvedAt), incidents.map(\.resolveDueAt), incidents.map(\.assigneeID),
                incidents.map(\.reopenCount), incidents.map(\.alertCount), incidents.map(\.firingCount), incidents.map(\.sequence),
            ])
    }

    private static func append(_ events: [IncidentEvent], in connection: PostgresConnection) {
        connection.queue(
            """
            -- append incident events
            INSERT INTO incident_events (team_id, incident_id, sequence, kind, at, actor, body)
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::timestamptz[], $6::text[], $7::json[])
            """,
            [
                events.map(\.incident.teamID), events.map(\.incident.id), events.map(\.sequence), events.map(\.kind.rawValue),
                events.map(\.at), events.map(\.actor.description), PostgresArray.utf8(events.map { $0.encode() }),
            ])
    }

    /// The events of one incident from `first` to `last`, in order: what a consumer reads when a fact is missing.
    package static func events(
        of incident: IncidentID, team: TeamID, from first: Int64 = 1, to last: Int64 = .max, in connection: PostgresConnection
    ) async throws -> [IncidentEvent] {
        try await connection.query(
            """
            -- incident events
            SELECT body FROM incident_events
            WHERE team_id = $1 AND incident_id = $2 AND sequence BETWEEN $3 AND $4 ORDER BY sequence
            """, [team, incident, first, last]
        ).map { try IncidentEvent(decoding: try $0.utf8("body")) }
    }
}
