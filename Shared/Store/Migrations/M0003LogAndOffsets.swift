extension Migration {
    static let logAndOffsets = Migration(
        version: 3, name: "outbox, offsets, dead letters",
        up: """
            -- Facts that are committed but perhaps not yet published. Rows live for milliseconds.
            CREATE TABLE outbox (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                team_id uuid NOT NULL,
                topic text NOT NULL,
                key text NOT NULL,
                ce_id text NOT NULL,
                ce_type text NOT NULL,
                source text NOT NULL,
                occurred_at timestamptz NOT NULL,
                traceparent text,
                payload text NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now()
            ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

            -- Where each consumer group goes on: advanced by compare-and-set in the transaction of its effects.
            CREATE TABLE consumer_offsets (
                consumer_group text NOT NULL,
                topic text NOT NULL,
                partition integer NOT NULL,
                cluster_id text NOT NULL,
                next_offset bigint NOT NULL CHECK (next_offset >= 0),
                owner text NOT NULL,
                updated_at timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (consumer_group, topic, partition)
            ) WITH (fillfactor = 50);

            -- The last event of each incident that a service has handled: it drops what it has seen.
            CREATE TABLE consumer_progress (
                consumer_group text NOT NULL,
                team_id uuid NOT NULL,
                incident_id uuid NOT NULL,
                sequence bigint NOT NULL,
                PRIMARY KEY (consumer_group, incident_id),
                FOREIGN KEY (team_id, incident_id) REFERENCES incidents (team_id, id) ON DELETE CASCADE
            ) WITH (fillfactor = 70);

            CREATE TABLE dead_letters (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                consumer_group text NOT NULL,
                cluster_id text NOT NULL,
                topic text NOT NULL,
                partition integer NOT NULL,
                "offset" bigint NOT NULL,
                reason text NOT NULL,
                record_key bytea,
                record_value bytea NOT NULL,
                headers jsonb NOT NULL DEFAULT '[]',
                created_at timestamptz NOT NULL DEFAULT now(),
                redriven_at timestamptz,
                UNIQUE (consumer_group, cluster_id, topic, partition, "offset")
            );
            CREATE INDEX dead_letters_created ON dead_letters (created_at DESC);
            """,
        down: """
            DROP TABLE dead_letters;
            DROP TABLE consumer_progress;
            DROP TABLE consumer_offsets;
            DROP TABLE outbox;
            """)
}
