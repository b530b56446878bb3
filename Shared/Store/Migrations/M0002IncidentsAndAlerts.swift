extension Migration {
    static let incidentsAndAlerts = Migration(
        version: 2, name: "incidents and alerts",
        up: """
            CREATE TYPE incident_status AS ENUM ('open', 'acknowledged', 'resolved');
            CREATE TYPE incident_severity AS ENUM ('low', 'medium', 'high', 'critical');

            CREATE SEQUENCE incident_number_seq;
            CREATE TABLE incidents (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                number bigint NOT NULL UNIQUE,
                title varchar(500) NOT NULL,
                description text NOT NULL DEFAULT '',
                status incident_status NOT NULL DEFAULT 'open',
                severity incident_severity NOT NULL DEFAULT 'medium',
                grouping_key text NOT NULL,
                labels jsonb NOT NULL DEFAULT '{}',
                created_at timestamptz NOT NULL,
                updated_at timestamptz NOT NULL,
                acked_at timestamptz,
                resolved_at timestamptz,
                resolve_due_at timestamptz,
                assignee_id varchar(255),
                reopen_count integer NOT NULL DEFAULT 0,
                alert_count integer NOT NULL DEFAULT 0,
                firing_count integer NOT NULL DEFAULT 0,
                sequence bigint NOT NULL,
                UNIQUE (team_id, id),
                CONSTRAINT incidents_status_check CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)),
                CONSTRAINT incidents_severity_check CHECK (severity IN ('low', 'medium', 'high', 'critical')),
                -- Relaxed from the usual "resolved implies acknowledged": an alert that resolves by itself is the commonest case.
                CONSTRAINT incidents_ack_sequence CHECK (status <> 'acknowledged' OR acked_at IS NOT NULL),
                CONSTRAINT incidents_timestamps_check CHECK (
                    updated_at >= created_at AND (acked_at IS NULL OR acked_at >= created_at)
                    AND (resolved_at IS NULL OR resolved_at >= created_at))
            ) WITH (fillfactor = 80);
            -- At most one open incident per team and grouping key, whatever the number of replicas.
            CREATE UNIQUE INDEX incidents_one_open ON incidents (team_id, grouping_key) WHERE status <> 'resolved';
            CREATE INDEX incidents_group_history ON incidents (team_id, grouping_key, resolved_at DESC) WHERE status = 'resolved';
            CREATE INDEX incidents_status_created ON incidents (team_id, status, created_at DESC) INCLUDE (id, title, severity);
            CREATE INDEX incidents_created ON incidents (team_id, created_at DESC, id DESC);
            CREATE INDEX incidents_updated ON incidents (team_id, updated_at DESC, id DESC);
            CREATE INDEX incidents_severity ON incidents (team_id, severity);
            CREATE INDEX incidents_status_severity ON incidents (team_id, status, severity);
            CREATE INDEX incidents_assignee ON incidents (team_id, assignee_id) WHERE assignee_id IS NOT NULL;
            CREATE INDEX incidents_labels ON incidents USING gin (labels);
            CREATE INDEX incidents_resolve_due ON incidents (resolve_due_at) WHERE resolve_due_at IS NOT NULL;

            CREATE TABLE alerts (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                fingerprint varchar(255) NOT NULL,
                source text NOT NULL,
                status varchar(50) NOT NULL,
                severity incident_severity NOT NULL,
                starts_at timestamptz NOT NULL,
                ends_at timestamptz,
                expires_at timestamptz,
                labels jsonb NOT NULL DEFAULT '{}',
                annotations jsonb NOT NULL DEFAULT '{}',
                generator_url text,
                grouping_key text NOT NULL,
                incident_id uuid,
                occurrence integer NOT NULL DEFAULT 1,
                repeats bigint NOT NULL DEFAULT 0,
                last_seen_at timestamptz NOT NULL,
                -- When the gateway last received the end of this occurrence; NULL: nobody said that it ended.
                resolve_seen_at timestamptz,
                created_at timestamptz NOT NULL,
                updated_at timestamptz NOT NULL,
                UNIQUE (team_id, fingerprint),
                FOREIGN KEY (team_id, incident_id) REFERENCES incidents (team_id, id) ON DELETE SET NULL (incident_id),
                CONSTRAINT alerts_status_check CHECK (status IN ('firing', 'resolved') AND (status = 'resolved') = (ends_at IS NOT NULL)),
                CONSTRAINT alerts_timestamps_check CHECK (ends_at IS NULL OR starts_at <= ends_at)
            ) WITH (fillfactor = 80);
            CREATE INDEX alerts_incident ON alerts (incident_id, status);
            CREATE INDEX alerts_status_starts ON alerts (team_id, status, starts_at DESC);
            CREATE INDEX alerts_created ON alerts (team_id, created_at DESC, id DESC);
            CREATE INDEX alerts_labels ON alerts USING gin (labels);
            CREATE INDEX alerts_expiry ON alerts (expires_at) WHERE status = 'firing' AND expires_at IS NOT NULL;

            -- Every time an alert fired, one row: the current row in `alerts` does not overwrite the past.
            CREATE TABLE alert_occurrences (
                team_id uuid NOT NULL,
                fingerprint varchar(255) NOT NULL,
                occurrence integer NOT NULL,
                incident_id uuid,
                severity incident_severity NOT NULL,
                starts_at timestamptz NOT NULL,
                ends_at timestamptz,
                PRIMARY KEY (team_id, fingerprint, occurrence),
                FOREIGN KEY (team_id, fingerprint) REFERENCES alerts (team_id, fingerprint) ON DELETE CASCADE,
                FOREIGN KEY (team_id, incident_id) REFERENCES incidents (team_id, id) ON DELETE SET NULL (incident_id),
                CHECK (ends_at IS NULL OR starts_at <= ends_at)
            );
            CREATE INDEX alert_occurrences_incident ON alert_occurrences (team_id, incident_id, starts_at);

            -- The event log. `body` is the record as published, byte for byte.
            CREATE TABLE incident_events (
                team_id uuid NOT NULL,
                incident_id uuid NOT NULL,
                sequence bigint NOT NULL,
                kind text NOT NULL,
                at timestamptz NOT NULL,
                actor text NOT NULL,
                body json NOT NULL,
                PRIMARY KEY (incident_id, sequence),
                FOREIGN KEY (team_id, incident_id) REFERENCES incidents (team_id, id) ON DELETE CASCADE
            );
            CREATE INDEX incident_events_time ON incident_events (team_id, at);

            -- Commands already carried out, so that a second delivery changes nothing.
            CREATE TABLE incident_commands (
                team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                id text NOT NULL,
                incident_id uuid NOT NULL,
                action text NOT NULL,
                outcome text NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (team_id, id)
            );
            """,
        down: """
            DROP TABLE incident_commands;
            DROP TABLE incident_events;
            DROP TABLE alert_occurrences;
            DROP TABLE alerts;
            DROP TABLE incidents;
            DROP SEQUENCE incident_number_seq;
            DROP TYPE incident_severity;
            DROP TYPE incident_status;
            """)
}
