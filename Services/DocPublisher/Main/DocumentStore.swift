import Models
import Postgres
import Publishing
import Store

/// SQL of `documents` and `document_publications`.
enum DocumentStore {
    /// Stores a new version, or finds the one that an earlier attempt of the same job stored.
    static func save(
        _ job: DocumentJob, blocks: [Block], title: String, incidentNumber: Int64, slug: String, now: Timestamp,
        in connection: PostgresConnection
    ) async throws -> RenderedDocument {
        let rows = try await connection.query(
            """
            -- save document
            WITH known AS (
                SELECT id, version, title, markdown, html FROM documents WHERE incident_id = $2 AND kind = $3 AND sequence = $4
            ), added AS (
                INSERT INTO documents (team_id, incident_id, kind, sequence, version, title, markdown, html, created_at)
                SELECT $1, $2, $3, $4, 1 + coalesce((SELECT max(version) FROM documents WHERE incident_id = $2 AND kind = $3), 0),
                    $5, $6, $7, $8::timestamptz
                WHERE NOT EXISTS (SELECT 1 FROM known)
                RETURNING id, version, title, markdown, html)
            SELECT * FROM known UNION ALL SELECT * FROM added
            """,
            [
                job.teamID, job.incidentID, PostMortem.kind, job.sequence, title, Markdown.render(blocks),
                HTML.render(blocks, title: title), now,
            ])
        guard let row = rows.first else { throw StoreError(message: "the new document has no row") }
        return RenderedDocument(
            id: try row.identifier("id"), teamID: job.teamID, teamSlug: slug, incidentID: job.incidentID,
            incidentNumber: incidentNumber, kind: PostMortem.kind, version: try row.int("version"), title: try row.string("title"),
            markdown: try row.string("markdown"), html: try row.string("html"))
    }

    static func published(
        _ document: RenderedDocument, publisher: String, reference: String, now: Timestamp, in connection: PostgresConnection
    ) async throws {
        _ = try await connection.query(
            """
            -- note publication
            INSERT INTO document_publications (team_id, document_id, publisher, reference, published_at)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (document_id, publisher) DO UPDATE SET reference = excluded.reference
            """, [document.teamID, document.id, publisher, reference, now])
    }
}
