import Grouping
import Models
import Postgres
import Store

/// SQL that finds the incidents which a batch may change.
enum GroupIncidents {
    /// Reads and locks the open incident and the one resolved last of each group, and the incidents named.
    static func lock(_ needs: BatchNeeds, in connection: PostgresConnection) async throws -> [Incident] {
        guard !needs.isEmpty else { return [] }
        return try await connection.query(
            """
            -- lock incidents of groups
            WITH groups AS (SELECT * FROM unnest($1::uuid[], $2::text[]) AS g (team_id, grouping_key)),
            wanted AS (
                SELECT i.id FROM groups AS g
                JOIN incidents AS i ON i.team_id = g.team_id AND i.grouping_key = g.grouping_key AND i.status <> 'resolved'
                UNION
                SELECT latest.id FROM groups AS g
                CROSS JOIN LATERAL (
                    SELECT i.id FROM incidents AS i
                    WHERE i.team_id = g.team_id AND i.grouping_key = g.grouping_key AND i.status = 'resolved'
                    ORDER BY i.resolved_at DESC LIMIT 1
                ) AS latest
                UNION
                SELECT unnest($3::uuid[])
            )
            SELECT i.* FROM incidents AS i WHERE i.id IN (SELECT id FROM wanted)
            ORDER BY i.team_id, i.id FOR NO KEY UPDATE OF i
            """, [needs.groups.map(\.teamID), needs.groups.map(\.key.text), needs.incidents]
        ).map(IncidentStore.incident)
    }

    /// Claims unresolved incidents whose hold has passed.
    static func claimDue(before now: Timestamp, limit: Int, in connection: PostgresConnection) async throws -> [Incident] {
        try await connection.query(
            """
            -- claim due incidents
            SELECT * FROM incidents WHERE resolve_due_at <= $1 AND status <> 'resolved'
            ORDER BY resolve_due_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
            """, [now, limit]
        ).map(IncidentStore.incident)
    }
}
