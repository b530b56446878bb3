import Delivery
import Models
import Postgres

/// SQL of leases: who may send what until when. Times are the database's, so that replicas need not agree on theirs.
enum LeaseStore {
    struct Limits: Sendable {
        /// Messages on their way from this process, by channel.
        let inFlight: [(channel: ChannelID, count: Int)]
        let perChannel: Int
        let total: Int
        let owner: String
        let leaseSeconds: Int
    }

    /// Claims due deliveries and notes the intent to send them. Fair: each channel gets its own share, one that rests or is switched off
    /// none, one that has failed a single message. In order: within an incident and a channel an unfinished delivery blocks those after it.
    /// Costs a look into an index for each channel asked for; for all of them, one for each channel with something pending.
    static func claim(_ limits: Limits, in scope: ClaimScope, _ pool: PostgresPool) async throws -> [ClaimedDelivery] {
        let asked = ContinuousClock.now
        return try await pool.query(
            """
            -- claim deliveries
            WITH RECURSIVE waiting (id) AS (
                (SELECT d.channel_id FROM deliveries d WHERE d.state = 'pending' AND $8::uuid[] IS NULL ORDER BY d.channel_id LIMIT 1)
                UNION ALL
                SELECT (
                    SELECT d.channel_id FROM deliveries d WHERE d.state = 'pending' AND d.channel_id > w.id ORDER BY d.channel_id LIMIT 1)
                FROM waiting w WHERE w.id IS NOT NULL
            ), ready AS MATERIALIZED (
                SELECT c.id, CASE WHEN c.consecutive_failures >= $5::int THEN 1 ELSE $3::int END - coalesce(b.sending, 0) AS free
                FROM (SELECT id FROM waiting WHERE id IS NOT NULL UNION ALL SELECT unnest($8::uuid[])) a
                JOIN notification_channels c ON c.id = a.id LEFT JOIN unnest($1::uuid[], $2::int[]) AS b (id, sending) ON b.id = c.id
                WHERE c.enabled AND (c.paused_until IS NULL OR c.paused_until <= now())
            ), due AS MATERIALIZED (
                SELECT d.id FROM ready r CROSS JOIN LATERAL (
                    -- The first unfinished one of its conversation, by one look into an index each: as a join, PostgreSQL would compare every
                    -- due message of the channel with every other.
                    SELECT d.id, d.next_attempt_at, d.sequence, d.part FROM deliveries d
                    WHERE d.channel_id = r.id AND d.state = 'pending' AND d.next_attempt_at <= now() AND d.id = (
                        SELECT e.id FROM deliveries e
                        WHERE e.channel_id = d.channel_id AND e.incident_id = d.incident_id AND e.state IN ('pending', 'sending')
                        ORDER BY e.sequence, e.part LIMIT 1)
                    ORDER BY d.next_attempt_at
                    LIMIT greatest(r.free, 0)
                    FOR UPDATE OF d SKIP LOCKED
                ) d
                ORDER BY d.next_attempt_at, d.sequence, d.part LIMIT $4::int
            ), claimed AS (
                UPDATE deliveries d SET state = 'sending', attempts = d.attempts + 1, fence = d.fence + 1, lease_owner = $6,
                    lease_until = now() + make_interval(secs => $7::int)
                FROM due WHERE d.id = due.id
                RETURNING d.id, d.team_id, d.incident_id, d.sequence, d.channel_id, d.part, d.event, d.attempts, d.attempts_before,
                    d.resends, d.fence, d.in_doubt_since
            ), intents AS (
                INSERT INTO delivery_attempts (delivery_id, attempt, started_at) SELECT id, attempts, now() FROM claimed
            )
            SELECT claimed.*, c.type, c.config, t.reference, now() AS claimed_at, a.last_doubt_at, coalesce(a.doubts, 0) AS doubts,
                coalesce(a.failed_look_ups, 0) AS failed_look_ups
            FROM claimed JOIN notification_channels c ON c.id = claimed.channel_id
            LEFT JOIN channel_threads t ON t.channel_id = claimed.channel_id AND t.incident_id = claimed.incident_id
            LEFT JOIN LATERAL (
                SELECT max(a.started_at) FILTER (WHERE a.outcome = 'in_doubt') AS last_doubt_at,
                    count(*) FILTER (WHERE a.outcome = 'in_doubt' AND a.attempt > claimed.attempts_before) AS doubts,
                    count(*) FILTER (WHERE a.outcome = 'look_up_failed' AND a.attempt > claimed.attempts_before) AS failed_look_ups
                FROM delivery_attempts a WHERE claimed.in_doubt_since IS NOT NULL AND a.delivery_id = claimed.id
            ) a ON true
            """,
            [
                limits.inFlight.map(\.channel), limits.inFlight.map(\.count), limits.perChannel, limits.total, ChannelBreaker.threshold,
                limits.owner, limits.leaseSeconds, scope.ids,
            ]
        ).map { try ClaimedDelivery($0, claimedAt: asked) }
    }

    /// False when somebody else has taken the delivery over.
    static func renew(_ delivery: ClaimedDelivery, seconds: Int, in pool: PostgresPool) async throws -> Bool {
        try await pool.query(
            """
            -- renew lease
            UPDATE deliveries SET lease_until = now() + make_interval(secs => $3::int)
            WHERE id = $1 AND fence = $2 AND state = 'sending'
            """, [delivery.id, delivery.fence, seconds]
        ).affected == 1
    }

    /// Notes that a message which may have arrived so many times is sent once more, just before it is.
    /// - Returns: false when somebody else has taken the delivery over.
    static func noteResend(_ delivery: ClaimedDelivery, resends: Int, in pool: PostgresPool) async throws -> Bool {
        try await pool.query(
            """
            -- note resend
            UPDATE deliveries SET resends = greatest(resends, $3::int) WHERE id = $1 AND fence = $2 AND state = 'sending'
            """, [delivery.id, delivery.fence, resends]
        ).affected == 1
    }

    /// Takes back the claim and the intent of a delivery that was not sent: it is due again at once, and no attempt is counted.
    static func release(_ delivery: ClaimedDelivery, in pool: PostgresPool) async throws {
        _ = try await pool.query(
            """
            -- release delivery
            WITH released AS (
                UPDATE deliveries SET state = 'pending', attempts = attempts - 1, lease_until = NULL, lease_owner = NULL
                WHERE id = $1 AND fence = $2 AND state = 'sending'
                RETURNING id
            )
            DELETE FROM delivery_attempts a USING released r WHERE a.delivery_id = r.id AND a.attempt = $3
            """, [delivery.id, delivery.fence, delivery.attempts])
    }

    /// Those who hold leases that have not run out.
    static func owners(in pool: PostgresPool) async throws -> [String] {
        try await pool.query(
            """
            -- lease owners
            SELECT DISTINCT lease_owner FROM deliveries WHERE state = 'sending' AND lease_owner IS NOT NULL LIMIT 1000
            """
        ).map { try $0.string("lease_owner") }
    }

    /// What a process knows about leases before it takes any over.
    struct Takeover: Sendable {
        let limit: Int
        /// Owners whose process has certainly ended.
        let endedOwners: [String]
        /// Deliveries that this process itself is at.
        let held: [DeliveryID]
        /// So long it may go on writing the outcome of these although the lease has run out.
        let heldPatienceSeconds: Int
        /// After a start of PostgreSQL the holders get this time to write the outcomes that they could not write while it was away.
        let restartGraceSeconds: Int
    }

    /// Locks deliveries whose process died, or lost the database, between the send and its outcome.
    static func expired(_ takeover: Takeover, in connection: PostgresConnection) async throws -> [ClaimedDelivery] {
        let asked = ContinuousClock.now
        return try await connection.query(
            """
            -- expired leases
            SELECT d.id, d.team_id, d.incident_id, d.sequence, d.channel_id, d.part, d.event, d.attempts, d.attempts_before, d.resends,
                d.fence, c.type, c.config, NULL AS reference, d.in_doubt_since, NULL::timestamptz AS last_doubt_at, 0 AS doubts,
                0 AS failed_look_ups, now() AS claimed_at
            FROM deliveries d JOIN notification_channels c ON c.id = d.channel_id
            WHERE d.state = 'sending' AND (
                d.lease_owner = ANY($2::text[])
                OR (d.lease_until < now() - make_interval(secs => CASE WHEN d.id = ANY($3::uuid[]) THEN $4::int ELSE 0 END)
                    AND pg_postmaster_start_time() < now() - make_interval(secs => $5::int)))
            ORDER BY d.lease_until LIMIT $1 FOR UPDATE OF d SKIP LOCKED
            """, [takeover.limit, takeover.endedOwners, takeover.held, takeover.heldPatienceSeconds, takeover.restartGraceSeconds]
        ).map { try ClaimedDelivery($0, claimedAt: asked) }
    }

    /// What still waits for a channel that was switched off goes nowhere.
    static func suppressDisabled(limit: Int, in connection: PostgresConnection) async throws -> [LedgerRow] {
        try await connection.query(
            """
            -- suppress for disabled channels
            WITH idle AS (
                SELECT d.id, c.type FROM notification_channels c JOIN deliveries d ON d.channel_id = c.id AND d.state = 'pending'
                WHERE NOT c.enabled LIMIT $1 FOR UPDATE OF d SKIP LOCKED
            )
            UPDATE deliveries d SET state = 'suppressed', last_error = $2, finished_at = now() FROM idle WHERE d.id = idle.id
            RETURNING d.id, d.team_id, d.incident_id, d.sequence, d.channel_id, idle.type, d.state, d.attempts, d.provider_id, d.last_error
            """, [limit, SuppressionReason.channelDisabled.rawValue]
        ).map(LedgerRow.init)
    }
}
