extension Migration {
    static let notifications = Migration(
        version: 4, name: "channels, routes, deliveries",
        up: """
            CREATE TABLE notification_channels (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
                type text NOT NULL,
                config jsonb NOT NULL,
                enabled boolean NOT NULL DEFAULT true,
                -- Routing: the incident must be at least this severe and match all matchers; empty kinds: every kind.
                min_severity incident_severity NOT NULL DEFAULT 'low',
                matchers text[] NOT NULL DEFAULT '{}',
                kinds text[] NOT NULL DEFAULT '{}',
                -- Breaker and pace of this channel, shared by all replicas.
                consecutive_failures integer NOT NULL DEFAULT 0,
                paused_until timestamptz,
                last_error text,
                last_error_at timestamptz,
                created_at timestamptz NOT NULL DEFAULT now(),
                updated_at timestamptz NOT NULL DEFAULT now(),
                UNIQUE (team_id, name),
                UNIQUE (team_id, id)
            );

            -- The ledger: one row for each message that was meant to go out.
            CREATE TABLE deliveries (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                team_id uuid NOT NULL,
                incident_id uuid NOT NULL,
                sequence bigint NOT NULL,
                channel_id uuid NOT NULL,
                part smallint NOT NULL DEFAULT 0,
                kind text NOT NULL,
                event json NOT NULL,
                state text NOT NULL DEFAULT 'pending'
                    CHECK (state IN ('pending', 'sending', 'sent', 'dead', 'in_doubt', 'suppressed')),
                attempts integer NOT NULL DEFAULT 0,
                next_attempt_at timestamptz NOT NULL,
                lease_until timestamptz,
                lease_owner text,
                fence bigint NOT NULL DEFAULT 0,
                resends integer NOT NULL DEFAULT 0,
                provider_id text,
                last_status integer,
                last_error text,
                created_at timestamptz NOT NULL DEFAULT now(),
                finished_at timestamptz,
                UNIQUE (incident_id, sequence, channel_id, part),
                FOREIGN KEY (team_id, incident_id) REFERENCES incidents (team_id, id) ON DELETE CASCADE,
                FOREIGN KEY (team_id, channel_id) REFERENCES notification_channels (team_id, id) ON DELETE CASCADE
            ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
            CREATE INDEX deliveries_due ON deliveries (channel_id, next_attempt_at) WHERE state = 'pending';
            CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE state = 'sending';
            CREATE INDEX deliveries_unfinished ON deliveries (channel_id, incident_id, sequence, part)
                WHERE state IN ('pending', 'sending');
            CREATE INDEX deliveries_incident ON deliveries (team_id, incident_id, created_at);

            CREATE TABLE delivery_attempts (
                delivery_id uuid NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
                attempt integer NOT NULL,
                started_at timestamptz NOT NULL,
                finished_at timestamptz,
                outcome text,
                status integer,
                error text,
                PRIMARY KEY (delivery_id, attempt)
            );

            -- What a provider calls our message, so that it can be updated in place and threaded.
            CREATE TABLE channel_threads (
                team_id uuid NOT NULL,
                channel_id uuid NOT NULL,
                incident_id uuid NOT NULL,
                reference text NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (channel_id, incident_id),
                FOREIGN KEY (team_id, incident_id) REFERENCES incidents (team_id, id) ON DELETE CASCADE,
                FOREIGN KEY (team_id, channel_id) REFERENCES notification_channels (team_id, id) ON DELETE CASCADE
            );
            """,
        down: """
            DROP TABLE channel_threads;
            DROP TABLE delivery_attempts;
            DROP TABLE deliveries;
            DROP TABLE notification_channels;
            """)
}
