import Delivery
import Models
import Postgres
import Store

/// SQL of planning: routes, history, new rows of the ledger. Runs within the batch's transaction.
enum PlanStore {
    /// The routes of the channels that are switched on. A channel cannot be removed before this transaction ends.
    static func routes(of teams: Set<TeamID>, in connection: PostgresConnection) async throws -> [ChannelRoute] {
        guard !teams.isEmpty else { return [] }
        return try await connection.query(
            """
            -- routes
            SELECT id, team_id, type, min_severity, matchers, kinds FROM notification_channels
            WHERE team_id = ANY($1::uuid[]) AND enabled ORDER BY id FOR KEY SHARE
            """, [teams.sorted()]
        ).compactMap(route)
    }

    /// nil for a route that cannot be read: without the part that is missing, the channel would get more than was meant.
    private static func route(_ row: Row) throws -> ChannelRoute? {
        let matchers = try row.stringArray("matchers")
        let kinds = try row.stringArray("kinds")
        let route = ChannelRoute(
            channelID: try row.identifier("id"), teamID: try row.identifier("team_id"), type: try row.string("type"),
            minSeverity: try row.choice("min_severity"), matchers: matchers.compactMap(LabelMatcher.init),
            kinds: kinds.compactMap(IncidentEvent.Kind.init(rawValue:)))
        return route.matchers.count == matchers.count && route.kinds.isEmpty == kinds.isEmpty ? route : nil
    }

    static func history(of events: [IncidentEvent], now: Timestamp, in connection: PostgresConnection) async throws -> DeliveryHistory {
        let incidents = Set(events.map(\.incident.id)).sorted()
        var history = DeliveryHistory(told: try await told(incidents, in: connection))
        history.current = try await current(Set(events.filter { DeliveryPlan.isLate($0, now: now) }.map(\.incident.id)), in: connection)
        guard let earliest = events.filter({ [.reopened, .resolved].contains($0.kind) }).map(\.at).min() else { return history }
        let rows = try await connection.query(
            """
            -- reopenings
            SELECT incident_id, sequence, at FROM incident_events
            WHERE incident_id = ANY($1::uuid[]) AND kind = 'reopened' AND at > $2
            """, [incidents, earliest.adding(seconds: -DeliveryPlan.flapWindowSeconds)])
        for row in rows {
            history.reopenings[try row.identifier("incident_id"), default: [:]][try row.int64("sequence")] = try row.timestamp("at")
        }
        return history
    }

    private static func current(
        _ incidents: Set<IncidentID>, in connection: PostgresConnection
    ) async throws -> [IncidentID: Incident] {
        guard !incidents.isEmpty else { return [:] }
        let rows = try await connection.query(
            """
            -- current incidents
            SELECT * FROM incidents WHERE id = ANY($1::uuid[])
            """, [incidents.sorted()])
        var current: [IncidentID: Incident] = [:]
        for row in rows { current[try row.identifier("id")] = try IncidentStore.incident(row) }
        return current
    }

    private static func told(
        _ incidents: [IncidentID], in connection: PostgresConnection
    ) async throws -> [Conversation: DeliveryHistory.Told] {
        var told: [Conversation: DeliveryHistory.Told] = [:]
        let rows = try await connection.query(
            """
            -- last told
            SELECT DISTINCT ON (incident_id, channel_id) incident_id, channel_id, kind,
                kind = 'resolved' AND state = 'pending' AND attempts = 0 AND next_attempt_at > now() AS held
            FROM deliveries
            WHERE incident_id = ANY($1::uuid[]) AND part = 0 AND state <> 'suppressed'
            ORDER BY incident_id, channel_id, sequence DESC
            """, [incidents])
        for row in rows {
            told[Conversation(try row.identifier("incident_id"), try row.identifier("channel_id"))] = DeliveryHistory.Told(
                kind: try row.choice("kind"), isHeld: try row.bool("held"))
        }
        return told
    }

    /// Takes back what waits in the ledger and has been overtaken by the plan.
    static func withdraw(_ plan: DeliveryPlan, in connection: PostgresConnection) async throws -> [LedgerRow] {
        var withdrawn: [LedgerRow] = []
        if !plan.releasedHolds.isEmpty {
            withdrawn += try await withdraw(
                "resolved", of: plan.releasedHolds, because: .flapping, in: connection)
        }
        if !plan.superseded.isEmpty {
            withdrawn += try await withdraw("updated", of: plan.superseded, because: .superseded, in: connection)
        }
        return withdrawn
    }

    private static func withdraw(
        _ kind: String, of conversations: Set<Conversation>, because reason: SuppressionReason, in connection: PostgresConnection
    ) async throws -> [LedgerRow] {
        let sorted = conversations.sorted()
        return try await connection.query(
            """
            -- withdraw deliveries
            UPDATE deliveries d SET state = 'suppressed', last_error = $4, finished_at = now()
            FROM unnest($1::uuid[], $2::uuid[]) AS w (incident_id, channel_id), notification_channels c
            WHERE d.incident_id = w.incident_id AND d.channel_id = w.channel_id AND d.kind = $3 AND d.state = 'pending'
                AND d.attempts = 0 AND c.id = d.channel_id
            RETURNING d.id, d.team_id, d.incident_id, d.sequence, d.channel_id, c.type, d.state, d.attempts, d.provider_id, d.last_error
            """, [sorted.map(\.incidentID), sorted.map(\.channelID), kind, reason.rawValue]
        ).map(LedgerRow.init)
    }

    /// - Returns: those that were not in the ledger yet.
    static func insert(_ deliveries: [PlannedDelivery], in connection: PostgresConnection) async throws -> [PlannedDelivery] {
        guard !deliveries.isEmpty else { return [] }
        let rows = try await connection.query(
            """
            -- insert deliveries
            INSERT INTO deliveries (
                id, team_id, incident_id, sequence, channel_id, part, kind, event, state, next_attempt_at, last_error, finished_at)
            SELECT id, team_id, incident_id, sequence, channel_id, part, kind, event, state, greatest(now(), not_before), reason,
                CASE WHEN state = 'suppressed' THEN now() END
            FROM unnest(
                $1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::uuid[], $6::smallint[], $7::text[], $8::json[], $9::text[],
                $10::timestamptz[], $11::text[])
                AS p (id, team_id, incident_id, sequence, channel_id, part, kind, event, state, not_before, reason)
            ON CONFLICT (incident_id, sequence, channel_id, part) DO NOTHING
            RETURNING id
            """,
            [
                deliveries.map(\.id), deliveries.map(\.event.incident.teamID), deliveries.map(\.event.incident.id),
                deliveries.map(\.event.sequence), deliveries.map(\.channelID), deliveries.map(\.part.number),
                deliveries.map(\.event.kind.rawValue), texts(of: deliveries),
                deliveries.map { $0.suppression == nil ? "pending" : "suppressed" }, deliveries.map(\.notBefore),
                deliveries.map { $0.suppression?.rawValue },
            ])
        let ids = Set(try rows.map { try $0.identifier("id") as DeliveryID })
        return deliveries.filter { ids.contains($0.id) }
    }
}

extension PlanStore {
    /// The event of each delivery, written once for all of its channels: they follow each other in a plan.
    private static func texts(of deliveries: [PlannedDelivery]) -> [String] {
        var last: (event: IncidentEvent, text: String)?
        return deliveries.map { delivery in
            if let last, last.event == delivery.event { return last.text }
            let text = String(decoding: delivery.event.encode(), as: UTF8.self)
            last = (delivery.event, text)
            return text
        }
    }
}

extension PlannedDelivery {
    fileprivate var notBefore: Timestamp? {
        if case .held(let until) = state { until } else { nil }
    }
}
