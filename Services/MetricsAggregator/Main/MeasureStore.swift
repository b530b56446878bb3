import Models
import Postgres
import Rollup
import Store

/// SQL of `incident_measures`.
enum MeasureStore {
    /// Reads and locks the measures of some incidents, in order of id.
    static func lock(_ ids: [IncidentID], in connection: PostgresConnection) async throws -> [IncidentID: Measure] {
        let rows = try await connection.query(
            """
            -- lock measures
            SELECT team_id, incident_id, sequence, status, severity, service, opened_at, first_acked_at, resolved_at
            FROM incident_measures WHERE incident_id = ANY($1::uuid[]) ORDER BY incident_id FOR UPDATE
            """, [ids.sorted()])
        var measures: [IncidentID: Measure] = [:]
        for row in rows {
            let measure = try measure(row)
            measures[measure.incidentID] = measure
        }
        return measures
    }

    private static func measure(_ row: Row) throws -> Measure {
        Measure(
            teamID: try row.identifier("team_id"), incidentID: try row.identifier("incident_id"),
            sequence: try row.int64("sequence"), status: try row.choice("status"), severity: try row.choice("severity"),
            service: try row.string("service"), openedAt: try row.timestamp("opened_at"),
            firstAckedAt: try row.optionalTimestamp("first_acked_at"), resolvedAt: try row.optionalTimestamp("resolved_at"))
    }

    static func save(_ measures: [Measure], in connection: PostgresConnection) async throws {
        guard !measures.isEmpty else { return }
        let sorted = measures.sorted { $0.incidentID < $1.incidentID }
        _ = try await connection.query(
            """
            -- save measures
            INSERT INTO incident_measures (
                team_id, incident_id, sequence, status, severity, service, day, opened_at, first_acked_at, resolved_at)
            SELECT * FROM unnest(
                $1::uuid[], $2::uuid[], $3::bigint[], $4::incident_status[], $5::incident_severity[], $6::text[], $7::date[],
                $8::timestamptz[], $9::timestamptz[], $10::timestamptz[])
            ON CONFLICT (incident_id) DO UPDATE SET
                sequence = excluded.sequence, status = excluded.status, severity = excluded.severity, service = excluded.service,
                day = excluded.day, opened_at = excluded.opened_at, first_acked_at = excluded.first_acked_at,
                resolved_at = excluded.resolved_at
            """,
            [
                sorted.map(\.teamID), sorted.map(\.incidentID), sorted.map(\.sequence), sorted.map(\.status.rawValue),
                sorted.map(\.severity), sorted.map(\.service), sorted.map(\.key.day), sorted.map(\.openedAt),
                sorted.map(\.firstAckedAt), sorted.map(\.resolvedAt),
            ])
    }

    /// Incidents of all teams by status and severity, for the gauges.
    static func totals(in connection: PostgresConnection) async throws -> [(status: String, severity: String, count: Int64)] {
        try await connection.query(
            """
            -- incident totals
            SELECT severity, sum(open_count)::bigint AS open, sum(acknowledged_count)::bigint AS acknowledged,
                sum(resolved_count)::bigint AS resolved
            FROM metric_rollups GROUP BY severity
            """
        ).flatMap { row in
            try ["open", "acknowledged", "resolved"].map { ($0, try row.string("severity"), try row.int64($0)) }
        }
    }
}
