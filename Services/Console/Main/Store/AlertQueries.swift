import FoundationEssentials
import Models
import Postgres
import Store

/// Reads alerts of one team.
enum AlertQueries {
    static func list(_ query: AlertQuery, team: TeamID, in connection: PostgresConnection) async throws -> Listing<AlertRow> {
        let page = query.page
        let filter: [any PostgresEncodable] = [team, query.statuses, query.incidentID]
        // One more than asked for tells whether anything follows.
        let rows = try await connection.query(
            """
            -- alerts
            SELECT a.*, i.number AS incident_number FROM alerts a
            LEFT JOIN incidents i ON i.team_id = a.team_id AND i.id = a.incident_id
            WHERE a.team_id = $1
                AND ($2::text[] IS NULL OR a.status = ANY ($2::text[]))
                AND ($3::uuid IS NULL OR a.incident_id = $3)
                AND ($4::timestamptz IS NULL OR (a.created_at, a.id) < ($4, $5::uuid))
            ORDER BY a.created_at DESC, a.id DESC LIMIT $6::int OFFSET $7::int
            """, filter + [page.cursor?.time, page.cursor?.id, page.limit + 1, page.offset]
        ).map { try AlertRow($0) }
        let total = try await connection.query(
            """
            -- count alerts
            SELECT count(*) AS total FROM alerts
            WHERE team_id = $1 AND ($2::text[] IS NULL OR status = ANY ($2::text[])) AND ($3::uuid IS NULL OR incident_id = $3)
            """, filter
        ).first?.int("total")
        let shown = Array(rows.prefix(page.limit))
        let next =
            rows.count > page.limit
            ? shown.last.map { Cursor(kind: AlertQuery.cursorKind, time: $0.createdAt, id: $0.id) } : nil
        return Listing(rows: shown, total: total ?? 0, next: next)
    }

    /// Every time that an alert fired within an incident, in order of start: what has been, also where the alert has moved on since.
    static func occurrences(
        of incident: IncidentID, team: TeamID, limit: Int, in connection: PostgresConnection
    ) async throws -> [AlertRow] {
        try await connection.query(
            """
            -- occurrences of incident
            SELECT a.id, a.fingerprint, a.source, CASE WHEN o.ends_at IS NULL THEN 'firing' ELSE 'resolved' END AS status, o.severity,
                o.starts_at, o.ends_at, a.labels, a.annotations, a.generator_url, o.incident_id, NULL::bigint AS incident_number,
                o.occurrence, a.repeats, a.last_seen_at, a.created_at, a.updated_at
            FROM alert_occurrences o JOIN alerts a ON a.team_id = o.team_id AND a.fingerprint = o.fingerprint
            WHERE o.team_id = $1 AND o.incident_id = $2
            ORDER BY o.starts_at, o.fingerprint, o.occurrence LIMIT $3::int
            """, [team, incident, limit]
        ).map { try AlertRow($0) }
    }

    /// The ids of the alerts that an incident has or had, in order.
    static func ids(of incident: IncidentID, team: TeamID, limit: Int, in connection: PostgresConnection) async throws -> [UUID] {
        try await connection.query(
            """
            -- alert ids of incident
            SELECT DISTINCT a.id FROM alert_occurrences o
            JOIN alerts a ON a.team_id = o.team_id AND a.fingerprint = o.fingerprint
            WHERE o.team_id = $1 AND o.incident_id = $2 ORDER BY a.id LIMIT $3::int
            """, [team, incident, limit]
        ).map { try $0.uuid("id") }
    }
}
