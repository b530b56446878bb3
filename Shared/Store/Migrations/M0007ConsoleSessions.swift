extension Migration {
    static let consoleSessions = Migration(
        version: 7, name: "console sessions",
        up: """
            -- Browsers that signed in with an API key. Only a SHA-256 of the session's id is kept; the session ends with its key.
            CREATE TABLE console_sessions (
                id_hash bytea PRIMARY KEY,
                team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
                key_id uuid NOT NULL REFERENCES access_keys (id) ON DELETE CASCADE,
                created_at timestamptz NOT NULL,
                expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
            );
            CREATE INDEX console_sessions_expiry ON console_sessions (expires_at);
            CREATE INDEX console_sessions_key ON console_sessions (key_id);
            """,
        down: """
            DROP TABLE console_sessions;
            """)
}
