import Models
import Postgres
import Store

/// The visitor's own team.
struct TeamRow: Sendable, Hashable {
    let id: TeamID
    let slug: String
    let name: String
}

enum TeamQueries {
    static func team(_ id: TeamID, in connection: PostgresConnection) async throws -> TeamRow? {
        try await connection.query(
            """
            -- own team
            SELECT id, slug, name FROM teams WHERE id = $1
            """, [id]
        ).first.map { TeamRow(id: try $0.identifier("id"), slug: try $0.string("slug"), name: try $0.string("name")) }
    }
}
