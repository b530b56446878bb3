import Models
import Postgres
import Rollup
import Store

/// SQL of measures by day.
enum MeasureEvidenceStore {
    /// Measures of a team and day after an incident, by id.
    static func page(
        team: TeamID, day: String, after: IncidentID?, limit: Int, in connection: PostgresConnection
    ) async throws -> [Measure] {
        try await connection.query(
            """
            -- verify measures
            SELECT team_id, incident_id, sequence, status, severity, service, opened_at, first_acked_at, resolved_at
            FROM incident_measures WHERE team_id = $1 AND day = $2::date AND incident_id > $3::uuid ORDER BY incident_id LIMIT $4
            """, [team, day, after?.description ?? "00000000-0000-0000-0000-000000000000", limit]
        ).map { row in
            Measure(
                teamID: try row.identifier("team_id"), incidentID: try row.identifier("incident_id"),
                sequence: try row.int64("sequence"), status: try row.choice("status"), severity: try row.choice("severity"),
                service: try row.string("service"), openedAt: try row.timestamp("opened_at"),
                firstAckedAt: try row.optionalTimestamp("first_acked_at"), resolvedAt: try row.optionalTimestamp("resolved_at"))
        }
    }
}
