extension Migration {
    static let teamsAndKeys = Migration(
        version: 1, name: "teams and keys",
        up: """
            CREATE TABLE teams (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
                name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
                resolve_hold_seconds integer NOT NULL DEFAULT 0 CHECK (resolve_hold_seconds BETWEEN 0 AND 86400),
                reopen_window_seconds integer NOT NULL DEFAULT 600 CHECK (reopen_window_seconds BETWEEN 0 AND 604800),
                created_at timestamptz NOT NULL DEFAULT now()
            );

            -- Ordered rules that make the grouping key. No row: the standard rules (service, instance, alertname).
            CREATE TABLE grouping_rules (
                team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                position integer NOT NULL,
                matchers text[] NOT NULL DEFAULT '{}',
                by_labels text[] NOT NULL CHECK (cardinality(by_labels) > 0),
                window_seconds integer NOT NULL DEFAULT 0 CHECK (window_seconds >= 0),
                PRIMARY KEY (team_id, position)
            );

            -- Ingest keys and API keys. Only a SHA-256 of the token is kept: tokens carry 256 random bits.
            CREATE TABLE access_keys (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                kind text NOT NULL CHECK (kind IN ('ingest', 'api')),
                name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
                source text,
                token_hash bytea NOT NULL UNIQUE,
                token_prefix text NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now(),
                expires_at timestamptz,
                revoked_at timestamptz
            );
            CREATE INDEX access_keys_team ON access_keys (team_id, kind, name);
            """,
        down: """
            DROP TABLE access_keys;
            DROP TABLE grouping_rules;
            DROP TABLE teams;
            """)
}
