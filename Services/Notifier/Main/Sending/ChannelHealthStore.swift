import Delivery
import Models
import Postgres

/// SQL of a channel's health, shared by all replicas: failures in a row, the rest it takes, whether it is on.
enum ChannelHealthStore {
    /// - Parameter now: the time that the effect was made for; a pause is written as the distance from it, by the database's clock.
    /// - Returns: true when this opened the breaker.
    static func apply(
        _ effect: Settlement.ChannelEffect, to channel: ChannelID, now: Timestamp, in connection: PostgresConnection
    ) async throws -> Bool {
        switch effect {
        case .none: return false
        case .healthy: try await healthy(channel, in: connection)
        case .failed(let refusal): return try await failed(refusal, channel, in: connection)
        case .pause(let until, let refusal):
            try await pause(milliseconds: until.milliseconds(since: now), refusal, channel, in: connection)
        case .disable(let refusal): try await disable(refusal, channel, in: connection)
        case .change(let setting, let value): try await change(setting, value, channel, in: connection)
        }
        return false
    }

    /// Touches the row only when there is something to forget: a channel in good health is no bottleneck.
    private static func healthy(_ channel: ChannelID, in connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            -- channel is healthy
            UPDATE notification_channels SET consecutive_failures = 0, paused_until = NULL, updated_at = now()
            WHERE id = $1 AND consecutive_failures > 0
            """, [channel])
    }

    /// Leaves alone a channel that was switched off meanwhile: its last error says why.
    private static func failed(_ refusal: Refusal, _ channel: ChannelID, in connection: PostgresConnection) async throws -> Bool {
        let row = try await connection.query(
            """
            -- channel failed
            UPDATE notification_channels SET consecutive_failures = least(consecutive_failures, 1000000) + 1, last_error = $2,
                last_error_at = now(), updated_at = now()
            WHERE id = $1 AND enabled
            RETURNING consecutive_failures, coalesce(paused_until > now(), false) AS resting
            """, [channel, refusal.description]
        ).first
        guard let row, let seconds = ChannelBreaker.restSeconds(failures: try row.int("consecutive_failures")) else { return false }
        // Answers to messages that were on their way when it opened do not open it again.
        if try row.bool("resting") { return false }
        _ = try await connection.query(
            """
            -- channel rests
            UPDATE notification_channels SET paused_until = now() + make_interval(secs => $2::int) WHERE id = $1
            """, [channel, seconds])
        return true
    }

    private static func pause(
        milliseconds: Int64, _ refusal: Refusal, _ channel: ChannelID, in connection: PostgresConnection
    ) async throws {
        _ = try await connection.query(
            """
            -- pause channel
            UPDATE notification_channels SET paused_until = greatest(paused_until, now() + $2::bigint * interval '1 millisecond'),
                last_error = $3, last_error_at = now(), updated_at = now()
            WHERE id = $1 AND enabled
            """, [channel, milliseconds, refusal.description])
    }

    private static func disable(_ refusal: Refusal, _ channel: ChannelID, in connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            -- disable channel
            UPDATE notification_channels SET enabled = false, last_error = $2, last_error_at = now(), updated_at = now() WHERE id = $1
            """, [channel, refusal.description])
    }

    private static func change(_ setting: String, _ value: String, _ channel: ChannelID, in connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            -- change channel setting
            UPDATE notification_channels SET config = jsonb_set(config, ARRAY[$2::text], to_jsonb($3::text)), updated_at = now()
            WHERE id = $1
            """, [channel, setting, value])
    }
}
