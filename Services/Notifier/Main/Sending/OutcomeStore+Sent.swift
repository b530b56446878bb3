import Models
import Postgres
import Store

extension OutcomeStore {
    /// Writes many deliveries as sent, closes their attempts, and forgets the failures of their channels.
    /// - Returns: those that were still ours; of the others nothing is written.
    static func finishSent(_ sent: [SentDelivery], in connection: PostgresConnection) async throws -> Set<DeliveryID> {
        let rows = try await connection.query(
            """
            -- finish sent deliveries
            WITH finished AS (
                UPDATE deliveries d SET state = 'sent', provider_id = coalesce(g.provider_id, d.provider_id), last_status = NULL,
                    last_error = NULL, lease_until = NULL, lease_owner = NULL, finished_at = now(), in_doubt_since = NULL
                FROM unnest($1::uuid[], $2::bigint[], $3::int[], $4::text[], $5::text[]) AS g (id, fence, attempt, outcome, provider_id)
                WHERE d.id = g.id AND d.fence = g.fence AND d.state = 'sending'
                RETURNING d.id, d.channel_id, g.attempt, g.outcome
            ), attempts AS (
                UPDATE delivery_attempts a SET finished_at = now(), outcome = f.outcome, status = NULL, error = NULL
                FROM finished f WHERE a.delivery_id = f.id AND a.attempt = f.attempt
            ), recovered AS (
                -- Touches only rows that have something to forget: a channel in good health is no bottleneck.
                SELECT c.id FROM notification_channels c
                WHERE c.id IN (SELECT channel_id FROM finished) AND c.consecutive_failures > 0 ORDER BY c.id FOR NO KEY UPDATE
            ), healthy AS (
                UPDATE notification_channels c SET consecutive_failures = 0, paused_until = NULL, updated_at = now()
                FROM recovered r WHERE c.id = r.id
            )
            SELECT id FROM finished
            """,
            [
                sent.map(\.delivery.id), sent.map(\.delivery.fence), sent.map(\.delivery.attempts), sent.map(\.label),
                sent.map(\.providerID),
            ])
        return Set(try rows.map { try $0.identifier("id") as DeliveryID })
    }

    /// Notes what later messages of each conversation refer to.
    static func rememberThreads(_ sent: [SentDelivery], in connection: PostgresConnection) async throws {
        // One reference a conversation: its messages go one after the other.
        let threads = sent.filter { $0.threadReference != nil }
        guard !threads.isEmpty else { return }
        _ = try await connection.query(
            """
            -- remember threads
            INSERT INTO channel_threads (team_id, channel_id, incident_id, reference)
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) ORDER BY 2, 3
            ON CONFLICT (channel_id, incident_id) DO UPDATE SET reference = excluded.reference
            """,
            [
                threads.map(\.delivery.teamID), threads.map(\.delivery.channelID), threads.map(\.delivery.incidentID),
                threads.map(\.threadReference),
            ])
    }
}
