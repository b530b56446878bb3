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

            -- Since when the channel is switched and routed as it is: `tocsin verify` plans older events again only from then on. Kept by
            -- the server, so that nobody who changes a channel can forget it.
            ALTER TABLE notification_channels ADD COLUMN routed_since timestamptz NOT NULL DEFAULT now();
            CREATE FUNCTION note_routed_since() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.routed_since := now();
                RETURN NEW;
            END
            $$;
            CREATE TRIGGER notification_channels_routed_since BEFORE UPDATE ON notification_channels FOR EACH ROW
                WHEN ((OLD.enabled, OLD.min_severity, OLD.matchers, OLD.kinds)
                    IS DISTINCT FROM (NEW.enabled, NEW.min_severity, NEW.matchers, NEW.kinds))
                EXECUTE FUNCTION note_routed_since();
            """,
        down: """
            DROP TRIGGER notification_channels_routed_since ON notification_channels;
            DROP FUNCTION note_routed_since();
            ALTER TABLE notification_channels DROP COLUMN routed_since;
            ALTER TABLE deliveries DROP COLUMN in_doubt_since, DROP COLUMN attempts_before;
            ALTER TABLE consumer_offsets DROP COLUMN attempted_offset, DROP COLUMN attempts;
            ALTER TABLE access_keys DROP COLUMN when_broker_away;
            """)
}
