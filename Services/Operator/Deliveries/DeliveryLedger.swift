import Models
import Postgres
import Store

/// A row of `deliveries` as an operator sees it.
struct DeliveryLine: Sendable {
    /// Column `state`.
    enum State: String, Sendable, CaseIterable {
        case pending, sending, sent, dead, suppressed
        case inDoubt = "in_doubt"
    }

    let id: DeliveryID
    /// When it reached its state; else when it was planned.
    let since: Timestamp
    let team: String
    let incidentNumber: Int64
    let channel: String
    let channelType: String
    let kind: String
    let sequence: Int64
    let part: Int
    let state: State
    let attempts: Int
    let resends: Int
    let lastError: String?

    init(_ row: Row) throws {
        id = try row.identifier("id")
        since = try row.timestamp("since")
        team = try row.string("team")
        incidentNumber = try row.int64("number")
        channel = try row.string("channel")
        channelType = try row.string("type")
        kind = try row.string("kind")
        sequence = try row.int64("sequence")
        part = try row.int("part")
        state = try row.choice("state")
        attempts = try row.int("attempts")
        resends = try row.int("resends")
        lastError = try row.optionalString("last_error")
    }
}

/// SQL of the delivery ledger for people.
enum DeliveryLedger {
    /// What must be known of a message before it is put back.
    struct Found: Sendable {
        let state: DeliveryLine.State
        let channel: String
        let channelIsOn: Bool
        let laterWasSent: Bool
    }

    static func list(
        _ states: [DeliveryLine.State], teams: [TeamID], limit: Int, in connection: PostgresConnection
    ) async throws -> [DeliveryLine] {
        try await connection.query(
            """
            -- list deliveries
            SELECT d.id, coalesce(d.finished_at, d.created_at) AS since, t.slug AS team, i.number, c.name AS channel, c.type, d.kind,
                d.sequence, d.part, d.state, d.attempts, d.resends, d.last_error
            FROM deliveries d JOIN teams t ON t.id = d.team_id JOIN incidents i ON i.id = d.incident_id
            JOIN notification_channels c ON c.id = d.channel_id
            WHERE d.team_id = ANY($1::uuid[]) AND d.state = ANY($2::text[])
            ORDER BY coalesce(d.finished_at, d.created_at) DESC, d.id LIMIT $3
            """, [teams, states.map(\.rawValue), limit]
        ).map(DeliveryLine.init)
    }

    /// Locks one message; nil when there is none.
    static func lock(_ id: DeliveryID, in connection: PostgresConnection) async throws -> Found? {
        try await connection.query(
            """
            -- lock delivery
            SELECT d.state, c.name AS channel, c.enabled, EXISTS (
                SELECT 1 FROM deliveries l
                WHERE l.incident_id = d.incident_id AND l.channel_id = d.channel_id AND l.state = 'sent' AND l.sequence > d.sequence
            ) AS later_was_sent
            FROM deliveries d JOIN notification_channels c ON c.id = d.channel_id WHERE d.id = $1 FOR UPDATE OF d
            """, [id]
        ).first.map {
            Found(
                state: try $0.choice("state"), channel: try $0.string("channel"), channelIsOn: try $0.bool("enabled"),
                laterWasSent: try $0.bool("later_was_sent"))
        }
    }

    /// Makes a finished message due, and notes who did it as an attempt of its own.
    static func requeue(_ id: DeliveryID, by actor: Actor, in connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            -- requeue delivery
            WITH requeued AS (
                UPDATE deliveries SET state = 'pending', attempts = attempts + 1, attempts_before = attempts + 1, next_attempt_at = now(),
                    finished_at = NULL, resends = resends + CASE WHEN state = 'in_doubt' OR in_doubt_since IS NOT NULL THEN 1 ELSE 0 END,
                    in_doubt_since = CASE WHEN state = 'in_doubt' THEN coalesce(in_doubt_since, created_at) ELSE in_doubt_since END
                WHERE id = $1 AND state IN ('dead', 'in_doubt') RETURNING id, attempts
            )
            INSERT INTO delivery_attempts (delivery_id, attempt, started_at, finished_at, outcome, error)
            SELECT id, attempts, now(), now(), 'requeued', $2 FROM requeued
            """, [id, actor.description])
    }
}
