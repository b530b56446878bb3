import Models
import Postgres
import Store

/// One page of a list.
struct Listing<Element: Sendable>: Sendable {
    let rows: [Element]
    /// Of the whole list, whatever the page.
    let total: Int
    /// nil: nothing follows.
    let next: Cursor?
}

/// Reads incidents of one team.
enum IncidentQueries {
    static func list(_ query: IncidentQuery, team: TeamID, in connection: PostgresConnection) async throws -> Listing<Incident> {
        let filter = parameters(query.filter, team)
        let page = query.page
        // One more than asked for tells whether anything follows.
        let rows = try await connection.query(
            statement(query.order), filter + [page.cursor?.time, page.cursor?.id, page.limit + 1, page.offset]
        ).map { try IncidentStore.incident($0) }
        let total = try await connection.query(Statements.count, filter).first?.int("total") ?? 0
        let shown = Array(rows.prefix(page.limit))
        let next = rows.count > page.limit ? shown.last.map { cursor(after: $0, in: query.order) } : nil
        return Listing(rows: shown, total: total, next: next)
    }

    /// - Parameter reference: the id (UUID) or the number.
    static func find(_ reference: String, team: TeamID, in connection: PostgresConnection) async throws -> Incident? {
        if let id = IncidentID(reference) {
            return try await connection.query(
                """
                -- incident by id
                SELECT * FROM incidents WHERE team_id = $1 AND id = $2
                """, [team, id]
            ).first.map { try IncidentStore.incident($0) }
        }
        guard reference.utf8.count <= 18, reference.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int64(reference)
        else { return nil }
        return try await connection.query(
            """
            -- incident by number
            SELECT * FROM incidents WHERE team_id = $1 AND number = $2
            """, [team, number]
        ).first.map { try IncidentStore.incident($0) }
    }

    /// The worst unresolved incidents first, the oldest of them first.
    static func burning(team: TeamID, limit: Int, in connection: PostgresConnection) async throws -> [Incident] {
        try await connection.query(
            """
            -- burning incidents
            SELECT * FROM incidents WHERE team_id = $1 AND status IN ('open', 'acknowledged')
            ORDER BY severity DESC, created_at, id LIMIT $2::int
            """, [team, limit]
        ).map { try IncidentStore.incident($0) }
    }

    /// How many unresolved incidents there are of each status and severity.
    static func unresolved(
        team: TeamID, in connection: PostgresConnection
    ) async throws -> [(status: Incident.Status, severity: Severity, count: Int)] {
        try await connection.query(
            """
            -- unresolved incidents
            SELECT status, severity, count(*) AS count FROM incidents
            WHERE team_id = $1 AND status IN ('open', 'acknowledged') GROUP BY status, severity ORDER BY severity DESC, status
            """, [team]
        ).map { (try $0.choice("status"), try $0.choice("severity"), try $0.int("count")) }
    }

    private static func parameters(_ filter: IncidentFilter, _ team: TeamID) -> [any PostgresEncodable] {
        [team, filter.statuses, filter.severities, filter.assignee, filter.service, filter.pattern]
    }

    private static func cursor(after incident: Incident, in order: IncidentOrder) -> Cursor {
        Cursor(kind: order.rawValue, time: order.time(of: incident), id: incident.id.uuid)
    }

    private static func statement(_ order: IncidentOrder) -> StaticString {
        switch order {
        case .createdDescending: Statements.byCreationDescending
        case .createdAscending: Statements.byCreationAscending
        case .updatedDescending: Statements.byUpdateDescending
        case .updatedAscending: Statements.byUpdateAscending
        }
    }

    /// One text for each order of the allow-list: an ORDER BY is never put together.
    private enum Statements {
        static let byCreationDescending: StaticString = """
            -- incidents by created_at desc
            SELECT * FROM incidents
            WHERE team_id = $1
                AND ($2::text[] IS NULL OR status = ANY ($2::incident_status[]))
                AND ($3::text[] IS NULL OR severity = ANY ($3::incident_severity[]))
                AND ($4::text IS NULL OR assignee_id = $4)
                AND ($5::text IS NULL OR labels ->> 'service' = $5)
                AND ($6::text IS NULL OR title ILIKE $6)
                AND ($7::timestamptz IS NULL OR (created_at, id) < ($7, $8::uuid))
            ORDER BY created_at DESC, id DESC LIMIT $9::int OFFSET $10::int
            """

        static let byCreationAscending: StaticString = """
            -- incidents by created_at asc
            SELECT * FROM incidents
            WHERE team_id = $1
                AND ($2::text[] IS NULL OR status = ANY ($2::incident_status[]))
                AND ($3::text[] IS NULL OR severity = ANY ($3::incident_severity[]))
                AND ($4::text IS NULL OR assignee_id = $4)
                AND ($5::text IS NULL OR labels ->> 'service' = $5)
                AND ($6::text IS NULL OR title ILIKE $6)
                AND ($7::timestamptz IS NULL OR (created_at, id) > ($7, $8::uuid))
            ORDER BY created_at ASC, id ASC LIMIT $9::int OFFSET $10::int
            """

        static let byUpdateDescending: StaticString = """
            -- incidents by updated_at desc
            SELECT * FROM incidents
            WHERE team_id = $1
                AND ($2::text[] IS NULL OR status = ANY ($2::incident_status[]))
                AND ($3::text[] IS NULL OR severity = ANY ($3::incident_severity[]))
                AND ($4::text IS NULL OR assignee_id = $4)
                AND ($5::text IS NULL OR labels ->> 'service' = $5)
                AND ($6::text IS NULL OR title ILIKE $6)
                AND ($7::timestamptz IS NULL OR (updated_at, id) < ($7, $8::uuid))
            ORDER BY updated_at DESC, id DESC LIMIT $9::int OFFSET $10::int
            """

        static let byUpdateAscending: StaticString = """
            -- incidents by updated_at asc
            SELECT * FROM incidents
            WHERE team_id = $1
                AND ($2::text[] IS NULL OR status = ANY ($2::incident_status[]))
                AND ($3::text[] IS NULL OR severity = ANY ($3::incident_severity[]))
                AND ($4::text IS NULL OR assignee_id = $4)
                AND ($5::text IS NULL OR labels ->> 'service' = $5)
                AND ($6::text IS NULL OR title ILIKE $6)
                AND ($7::timestamptz IS NULL OR (updated_at, id) > ($7, $8::uuid))
            ORDER BY updated_at ASC, id ASC LIMIT $9::int OFFSET $10::int
            """

        static let count: StaticString = """
            -- count incidents
            SELECT count(*) AS total FROM incidents
            WHERE team_id = $1
                AND ($2::text[] IS NULL OR status = ANY ($2::incident_status[]))
                AND ($3::text[] IS NULL OR severity = ANY ($3::incident_severity[]))
                AND ($4::text IS NULL OR assignee_id = $4)
                AND ($5::text IS NULL OR labels ->> 'service' = $5)
                AND ($6::text IS NULL OR title ILIKE $6)
            """
    }
}
