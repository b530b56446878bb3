import Grouping
import Models
import Postgres
import Store

/// SQL that tells rows of alerts what their repeats told.
enum TouchStore {
    /// - Parameter touches: sorted by alert, at most one for each.
    /// - Returns: the alerts whose rows were there, firing in the same occurrence or a later one.
    static func write(_ touches: [AlertTouch], now: Timestamp, in pool: PostgresPool) async throws -> [Alert.ID] {
        try await pool.query(
            """
            -- touch alerts
            WITH told AS (
                SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
                    AS t (team_id, fingerprint, starts_at, repeats, last_seen_at, expires_at)
            ), locked AS (
                SELECT a.team_id, a.fingerprint FROM told AS t
                JOIN alerts AS a ON a.team_id = t.team_id AND a.fingerprint = t.fingerprint
                WHERE a.status = 'firing' AND a.starts_at >= t.starts_at
                ORDER BY a.team_id, a.fingerprint FOR NO KEY UPDATE OF a
            )
            UPDATE alerts AS a SET
                repeats = a.repeats + t.repeats,
                expires_at = CASE WHEN t.last_seen_at >= a.last_seen_at THEN t.expires_at ELSE a.expires_at END,
                last_seen_at = greatest(a.last_seen_at, t.last_seen_at),
                updated_at = greatest(a.updated_at, $7::timestamptz)
            FROM told AS t JOIN locked AS l ON l.team_id = t.team_id AND l.fingerprint = t.fingerprint
            WHERE a.team_id = t.team_id AND a.fingerprint = t.fingerprint AND a.status = 'firing'
            RETURNING a.team_id, a.fingerprint
            """,
            [
                touches.map { $0.id.teamID }, touches.map { $0.id.fingerprint.text }, touches.map { $0.startsAt },
                touches.map { $0.repeats },
                touches.map { $0.lastSeenAt }, touches.map { $0.expiresAt }, now,
            ]
        ).map { row in
            Alert.ID(teamID: try row.identifier("team_id"), fingerprint: Fingerprint(try row.string("fingerprint")))
        }
    }
}
