import Delivery
import Models
import Postgres
import Store

/// SQL of outcomes: what became of an attempt, of its thread and of its channel. Within one transaction.
enum OutcomeStore {
    /// Writes the delivery's new state and closes the attempt.
    /// - Parameter now: the time that the settlement was made for; its times are written as distances from it, by the database's clock.
    /// - Returns: false when somebody else has taken the delivery over; then nothing is written.
    static func finish(
        _ delivery: ClaimedDelivery, _ settlement: Settlement, label: String, now: Timestamp, in connection: PostgresConnection
    ) async throws -> Bool {
        var providerID: String?
        var waitMilliseconds: Int64?
        var resends = 0
        switch settlement.state {
        case .sent(let id, _): providerID = id
        case .pending(let at, let isResend):
            waitMilliseconds = at.milliseconds(since: now)
            resends = isResend ? 1 : 0
        case .dead, .inDoubt: break
        }
        let updated = try await connection.query(
            """
            -- finish delivery
            UPDATE deliveries SET state = $3, next_attempt_at = coalesce(now() + $4::bigint * interval '1 millisecond', next_attempt_at),
                resends = resends + $5::int, provider_id = coalesce($6, provider_id), last_status = $7, last_error = $8,
                lease_until = NULL, lease_owner = NULL, finished_at = CASE WHEN $3 = 'pending' THEN NULL ELSE now() END,
                in_doubt_since = CASE WHEN $3 = 'sent' THEN NULL WHEN NOT $9::bool THEN in_doubt_since ELSE coalesce(in_doubt_since,
                    (SELECT started_at FROM delivery_attempts a WHERE a.delivery_id = $1 AND a.attempt = $10), now()) END
            WHERE id = $1 AND fence = $2 AND state = 'sending'
            """,
            [
                delivery.id, delivery.fence, settlement.state.name, waitMilliseconds, resends, providerID, settlement.refusal?.status,
                settlement.refusal?.description, settlement.raisesDoubt, delivery.attempts,
            ])
        guard updated.affected == 1 else { return false }
        _ = try await connection.query(
            """
            -- finish attempt
            UPDATE delivery_attempts SET finished_at = now(), outcome = $3, status = $4, error = $5
            WHERE delivery_id = $1 AND attempt = $2
            """, [delivery.id, delivery.attempts, label, settlement.refusal?.status, settlement.refusal?.description])
        return true
    }

    static func rememberThread(_ reference: String, of delivery: ClaimedDelivery, in connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            -- remember thread
            INSERT INTO channel_threads (team_id, channel_id, incident_id, reference) VALUES ($1, $2, $3, $4)
            ON CONFLICT (channel_id, incident_id) DO UPDATE SET reference = excluded.reference
            """, [delivery.teamID, delivery.channelID, delivery.incidentID, reference])
    }

    static func forgetThread(of delivery: ClaimedDelivery, in connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            -- forget thread
            DELETE FROM channel_threads WHERE channel_id = $1 AND incident_id = $2
            """, [delivery.channelID, delivery.incidentID])
    }
}
