import Models
import Postgres
import Store

/// SQL of alerts and their history.
enum AlertEvidenceStore {
    static func read(_ keys: [AlertKey], in connection: PostgresConnection) async throws -> [AlertKey: AlertEvidence] {
        var found: [AlertKey: AlertEvidence] = [:]
        let rows = try await connection.query(
            """
            -- verify alerts
            SELECT a.team_id, a.fingerprint, a.status, a.starts_at, a.last_seen_at, a.resolve_seen_at, a.incident_id, h.ended, h.open,
                h.has_current, h.current_ended, c.incident_id AS current_incident_id
            FROM unnest($1::uuid[], $2::text[]) AS wanted (team_id, fingerprint)
            JOIN alerts a ON a.team_id = wanted.team_id AND a.fingerprint = wanted.fingerprint
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE o.ends_at IS NOT NULL) AS ended, count(*) FILTER (WHERE o.ends_at IS NULL) AS open,
                    coalesce(bool_or(o.occurrence = a.occurrence), false) AS has_current,
                    coalesce(bool_or(o.occurrence = a.occurrence AND o.ends_at IS NOT NULL), false) AS current_ended
                FROM alert_occurrences o WHERE o.team_id = a.team_id AND o.fingerprint = a.fingerprint
            ) h
            LEFT JOIN alert_occurrences c
                ON c.team_id = a.team_id AND c.fingerprint = a.fingerprint AND c.occurrence = a.occurrence
            """, [keys.map(\.teamID), keys.map(\.fingerprint.text)])
        for row in rows {
            let key = AlertKey(teamID: try row.identifier("team_id"), fingerprint: Fingerprint(try row.string("fingerprint")))
            found[key] = try evidence(row)
        }
        return found
    }

    private static func evidence(_ row: Row) throws -> AlertEvidence {
        var current: AlertEvidence.Occurrence?
        if try row.bool("has_current") {
            current = AlertEvidence.Occurrence(
                incidentID: try row.optionalIdentifier("current_incident_id"), isEnded: try row.bool("current_ended"))
        }
        return AlertEvidence(
            status: try row.choice("status"), startsAt: try row.timestamp("starts_at"), lastSeenAt: try row.timestamp("last_seen_at"),
            resolveSeenAt: try row.optionalTimestamp("resolve_seen_at"), incidentID: try row.optionalIdentifier("incident_id"),
            current: current, ended: try row.int("ended"), open: try row.int("open"))
    }

    /// Groups that have more than one incident which is not resolved; a unique index forbids it.
    static func doubledGroups(of teams: [TeamID], limit: Int, in connection: PostgresConnection) async throws -> [(
        team: TeamID, key: String, incidents: [String]
    )] {
        try await connection.query(
            """
            -- verify one open incident
            SELECT team_id, grouping_key, array_agg(id::text ORDER BY number) AS ids FROM incidents
            WHERE team_id = ANY($1::uuid[]) AND status <> 'resolved'
            GROUP BY team_id, grouping_key HAVING count(*) > 1 LIMIT $2
            """, [teams, limit]
        ).map { (try $0.identifier("team_id"), try $0.string("grouping_key"), try $0.stringArray("ids")) }
    }
}
