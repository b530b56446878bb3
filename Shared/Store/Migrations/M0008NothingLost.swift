extension Migration {
    /// Only adds columns with defaults: the release before this one runs on it.
    static let nothingLost = Migration(
        version: 8, name: "spool policy of keys, attempts at records, messages in doubt",
        up: """
            -- What the gateway does with this key's alerts while the broker is away: keep them in its spool, or answer 503.
            ALTER TABLE access_keys ADD COLUMN when_broker_away text NOT NULL DEFAULT 'spool'
                CHECK (when_broker_away IN ('spool', 'refuse'));

            -- How often the processing of the batch that begins at `attempted_offset` was begun; counted before it begins, so that a record
            -- that kills its process is found. Means nothing once `next_offset` has moved on.
            ALTER TABLE consumer_offsets ADD COLUMN attempted_offset bigint, ADD COLUMN attempts integer NOT NULL DEFAULT 0;

            -- Set while an earlier attempt at the message may have arrived: the provider is asked before it is sent again, where it can be.
            ALTER TABLE deliveries ADD COLUMN in_doubt_since timestamptz;
            -- Attempts made before a person put the message back: the schedule of retries starts anew after them.
            ALTER TABLE deliveries ADD COLUMN attempts_before integer NOT NULL DEFAULT 0;
            """,
        down: """
            ALTER TABLE deliveries DROP COLUMN in_doubt_since, DROP COLUMN attempts_before;
            ALTER TABLE consumer_offsets DROP COLUMN attempted_offset, DROP COLUMN attempts;
            ALTER TABLE access_keys DROP COLUMN when_broker_away;
            """)
}
