extension Migration {
    static let documents = Migration(
        version: 6, name: "documents",
        up: """
            CREATE TABLE documents (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                team_id uuid NOT NULL,
                incident_id uuid NOT NULL,
                kind text NOT NULL,
                version integer NOT NULL,
                sequence bigint NOT NULL,
                title text NOT NULL,
                markdown text NOT NULL,
                html text NOT NULL,
                created_at timestamptz NOT NULL,
                UNIQUE (incident_id, kind, version),
                UNIQUE (incident_id, kind, sequence),
                UNIQUE (team_id, id),
                FOREIGN KEY (team_id, incident_id) REFERENCES incidents (team_id, id) ON DELETE CASCADE
            );
            CREATE INDEX documents_created ON documents (team_id, created_at DESC);

            -- Documents to write and to publish: leased rows.
            CREATE TABLE document_jobs (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                team_id uuid NOT NULL,
                incident_id uuid NOT NULL,
                kind text NOT NULL,
                sequence bigint NOT NULL,
                state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'running', 'done', 'dead')),
                attempts integer NOT NULL DEFAULT 0,
                next_attempt_at timestamptz NOT NULL,
                lease_until timestamptz,
                fence bigint NOT NULL DEFAULT 0,
                last_error text,
                created_at timestamptz NOT NULL DEFAULT now(),
                UNIQUE (incident_id, kind, sequence),
                FOREIGN KEY (team_id, incident_id) REFERENCES incidents (team_id, id) ON DELETE CASCADE
            );
            CREATE INDEX document_jobs_due ON document_jobs (next_attempt_at) WHERE state IN ('pending', 'running');

            CREATE TABLE document_publications (
                team_id uuid NOT NULL,
                document_id uuid NOT NULL,
                publisher text NOT NULL,
                reference text NOT NULL,
                published_at timestamptz NOT NULL,
                PRIMARY KEY (document_id, publisher),
                FOREIGN KEY (team_id, document_id) REFERENCES documents (team_id, id) ON DELETE CASCADE
            );
            """,
        down: """
            DROP TABLE document_publications;
            DROP TABLE document_jobs;
            DROP TABLE documents;
            """)
}
