extension Migration {
    static let measures = Migration(
        version: 5, name: "measures and rollups",
        up: """
            -- What one incident contributes to the figures, as of its latest event.
            CREATE TABLE incident_measures (
                team_id uuid NOT NULL,
                incident_id uuid PRIMARY KEY,
                sequence bigint NOT NULL,
                status incident_status NOT NULL,
                severity incident_severity NOT NULL,
                service text NOT NULL,
                day date NOT NULL,
                opened_at timestamptz NOT NULL,
                first_acked_at timestamptz,
                resolved_at timestamptz,
                FOREIGN KEY (team_id, incident_id) REFERENCES incidents (team_id, id) ON DELETE CASCADE
            ) WITH (fillfactor = 80);
            CREATE INDEX incident_measures_day ON incident_measures (team_id, day);

            -- Sums and histograms by team, day opened, service and severity. Buckets are counts by bucket index.
            CREATE TABLE metric_rollups (
                team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                day date NOT NULL,
                service text NOT NULL,
                severity incident_severity NOT NULL,
                open_count bigint NOT NULL DEFAULT 0,
                acknowledged_count bigint NOT NULL DEFAULT 0,
                resolved_count bigint NOT NULL DEFAULT 0,
                ack_samples bigint NOT NULL DEFAULT 0,
                ack_milliseconds bigint NOT NULL DEFAULT 0,
                ack_buckets jsonb NOT NULL DEFAULT '{}',
                resolve_samples bigint NOT NULL DEFAULT 0,
                resolve_milliseconds bigint NOT NULL DEFAULT 0,
                resolve_buckets jsonb NOT NULL DEFAULT '{}',
                PRIMARY KEY (team_id, day, service, severity)
            ) WITH (fillfactor = 70);
            """,
        down: """
            DROP TABLE metric_rollups;
            DROP TABLE incident_measures;
            """)
}
