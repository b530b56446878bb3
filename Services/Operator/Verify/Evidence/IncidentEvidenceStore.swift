import Models
import Postgres
import Rollup
import Store

/// SQL of incidents and their events.
enum IncidentEvidenceStore {
    /// Where a page of incidents ends.
    struct Cursor: Sendable, Hashable {
        var updatedAt: Timestamp
        var id: IncidentID
    }

    struct Listed: Sendable {
        let cursor: Cursor
        /// Of its latest event: how many it has.
        let sequence: Int64
    }

    /// The incidents that may have had an event in the window, by time of change: what changes meanwhile comes again at the end.
    static func list(
        team: TeamID, window: VerifyWindow, after cursor: Cursor?, limit: Int, in connection: PostgresConnection
    ) async throws -> [Listed] {
        try await connection.query(
            """
            -- verify incident page
            SELECT id, updated_at, sequence FROM incidents
            WHERE team_id = $1 AND updated_at >= $2 AND created_at < $3 AND (updated_at, id) > ($4::timestamptz, $5::uuid)
            ORDER BY updated_at, id LIMIT $6
            """,
            [
                team, window.from, window.to, cursor?.updatedAt ?? Timestamp(microseconds: 0),
                cursor?.id.description ?? "00000000-0000-0000-0000-000000000000", limit,
            ]
        ).map { row in
            Listed(
                cursor: Cursor(updatedAt: try row.timestamp("updated_at"), id: try row.identifier("id")),
                sequence: try row.int64("sequence"))
        }
    }

    /// Everything about some incidents, by one statement and so of one moment. Incidents that are gone are absent.
    static func read(_ ids: [IncidentID], team: TeamID, in connection: PostgresConnection) async throws -> [IncidentEvidence] {
        try await connection.query(
            """
            -- verify incidents
            SELECT i.*, e.sequences, e.kinds, e.times, e.first_acked_at AS log_first_acked_at, last.body AS last_body, f.firing,
                coalesce(n.sequence, 0) AS notified, coalesce(g.sequence, 0) AS measured, m.incident_id IS NOT NULL AS has_measure,
                m.sequence AS m_sequence, m.status AS m_status, m.severity AS m_severity, m.service AS m_service,
                m.opened_at AS m_opened_at, m.first_acked_at AS m_first_acked_at, m.resolved_at AS m_resolved_at
            FROM incidents i
            CROSS JOIN LATERAL (
                SELECT coalesce(array_agg(sequence ORDER BY sequence), '{}') AS sequences,
                    coalesce(array_agg(kind ORDER BY sequence), '{}') AS kinds,
                    coalesce(array_agg((extract(epoch FROM at) * 1000000)::bigint ORDER BY sequence), '{}') AS times,
                    min(at) FILTER (WHERE kind = 'acknowledged') AS first_acked_at
                FROM incident_events WHERE incident_id = i.id
            ) e
            LEFT JOIN LATERAL (SELECT body FROM incident_events WHERE incident_id = i.id ORDER BY sequence DESC LIMIT 1) last ON true
            CROSS JOIN LATERAL (SELECT count(*) AS firing FROM alerts WHERE incident_id = i.id AND status = 'firing') f
            LEFT JOIN incident_measures m ON m.incident_id = i.id
            LEFT JOIN consumer_progress n ON n.consumer_group = 'notifier' AND n.incident_id = i.id
            LEFT JOIN consumer_progress g ON g.consumer_group = 'metrics-aggregator' AND g.incident_id = i.id
            WHERE i.team_id = $1 AND i.id = ANY($2::uuid[])
            """, [team, ids]
        ).map(evidence)
    }

    private static func evidence(_ row: Row) throws -> IncidentEvidence {
        let incident = try IncidentStore.incident(row)
        let kinds = try row.stringArray("kinds")
        let times = try row.intArray("times")
        let events = try row.intArray("sequences").enumerated().map { index, sequence in
            IncidentEvidence.Event(sequence: Int64(sequence), kind: kinds[index], at: Timestamp(microseconds: Int64(times[index])))
        }
        return IncidentEvidence(
            // A body that cannot be read is itself a finding.
            incident: incident, events: events, last: try row.optionalUTF8("last_body").flatMap { try? IncidentEvent(decoding: $0) },
            firingAlerts: try row.int("firing"), firstAckedAt: try row.optionalTimestamp("log_first_acked_at"),
            measure: try row.bool("has_measure") ? measure(row, of: incident) : nil, notified: try row.int64("notified"),
            measured: try row.int64("measured"))
    }

    private static func measure(_ row: Row, of incident: Incident) throws -> Measure {
        Measure(
            teamID: incident.teamID, incidentID: incident.id, sequence: try row.int64("m_sequence"), status: try row.choice("m_status"),
            severity: try row.choice("m_severity"), service: try row.string("m_service"), openedAt: try row.timestamp("m_opened_at"),
            firstAckedAt: try row.optionalTimestamp("m_first_acked_at"), resolvedAt: try row.optionalTimestamp("m_resolved_at"))
    }

    /// Events of the window of some incidents, after one of them; those that cannot be read are absent.
    static func events(
        of ids: [IncidentID], team: TeamID, window: VerifyWindow, after: (id: IncidentID, sequence: Int64)?, limit: Int,
        in connection: PostgresConnection
    ) async throws -> [(id: IncidentID, sequence: Int64, event: IncidentEvent?)] {
        try await connection.query(
            """
            -- verify event bodies
            SELECT incident_id, sequence, body FROM incident_events
            WHERE team_id = $1 AND incident_id = ANY($2::uuid[]) AND at >= $3 AND at < $4
                AND (incident_id, sequence) > ($5::uuid, $6::bigint)
            ORDER BY incident_id, sequence LIMIT $7
            """,
            [
                team, ids, window.from, window.to, after?.id.description ?? "00000000-0000-0000-0000-000000000000", after?.sequence ?? 0,
                limit,
            ]
        ).map { (try $0.identifier("incident_id"), try $0.int64("sequence"), try? IncidentEvent(decoding: try $0.utf8("body"))) }
    }

    /// Which of the facts' events exist.
    static func existing(_ facts: [(incident: IncidentID, sequence: Int64)], in connection: PostgresConnection) async throws -> Set<FactKey>
    {
        let rows = try await connection.query(
            """
            -- verify events exist
            SELECT e.incident_id, e.sequence FROM unnest($1::uuid[], $2::bigint[]) AS f (incident_id, sequence)
            JOIN incident_events e ON e.incident_id = f.incident_id AND e.sequence = f.sequence
            """, [facts.map(\.incident), facts.map(\.sequence)])
        return Set(try rows.map { FactKey(event: try $0.identifier("incident_id"), sequence: try $0.int64("sequence")) })
    }
}
