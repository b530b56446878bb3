import Models
import Postgres
import Store

@testable import notifier

/// A row of the ledger as the tests look at it.
struct LedgerLine: Sendable {
    let id: DeliveryID
    let incidentID: IncidentID
    let sequence: Int64
    let channelID: ChannelID
    let part: Int
    let kind: String
    let state: String
    let attempts: Int
    let resends: Int
    let fence: Int64
    let leaseOwner: String?
    /// Until the next attempt, by the database's clock.
    let waitSeconds: Double
    let lastError: String?
    let isFinished: Bool

    init(_ row: Row) throws {
        id = try row.identifier("id")
        incidentID = try row.identifier("incident_id")
        sequence = try row.int64("sequence")
        channelID = try row.identifier("channel_id")
        part = try row.int("part")
        kind = try row.string("kind")
        state = try row.string("state")
        attempts = try row.int("attempts")
        resends = try row.int("resends")
        fence = try row.int64("fence")
        leaseOwner = try row.optionalString("lease_owner")
        waitSeconds = try row.double("wait")
        lastError = try row.optionalString("last_error")
        isFinished = try row.bool("is_finished")
    }
}

extension LedgerDatabase {
    /// The ledger in the order of incident's number, sequence, channel's name and part.
    func lines() async throws -> [LedgerLine] {
        try await pool.query(
            """
            -- ledger lines
            SELECT d.*, extract(epoch FROM d.next_attempt_at - now())::double precision AS wait, d.finished_at IS NOT NULL AS is_finished
            FROM deliveries d JOIN incidents i ON i.id = d.incident_id JOIN notification_channels c ON c.id = d.channel_id
            ORDER BY i.number, d.sequence, c.name, d.part
            """
        ).map(LedgerLine.init)
    }

    /// The outcomes of a delivery's attempts in order, nil where there is none yet.
    func attempts(of delivery: DeliveryID) async throws -> [String?] {
        try await pool.query(
            """
            -- attempts of a delivery
            SELECT outcome FROM delivery_attempts WHERE delivery_id = $1 ORDER BY attempt
            """, [delivery]
        ).map { try $0.optionalString("outcome") }
    }

    func channel(_ id: ChannelID) async throws -> StoredChannel? {
        try await pool.withConnection { try await ChannelStore.list(teams: [team], in: $0) }.first { $0.id == id }
    }

    /// The records that ever entered the outbox.
    func facts() async throws -> [NotificationRecord] {
        try await pool.query("SELECT payload FROM noted_facts ORDER BY id").map { try NotificationRecord(decoding: $0.utf8("payload")) }
    }

    /// Deliveries whose row was written by the same transaction as a fact about them.
    func deliveriesWithFactOfTheirTransaction() async throws -> Int {
        try await count(
            """
            SELECT count(*) FROM deliveries d JOIN noted_facts f ON f.payload->>'deliveryId' = d.id::text AND f.xmin = d.xmin
            """)
    }

    /// Finished deliveries whose attempts are not all there, each with an end and an outcome.
    func finishedWithGaps() async throws -> Int {
        try await count(
            """
            SELECT count(*) FROM deliveries d WHERE d.finished_at IS NOT NULL AND d.attempts <> (
                SELECT count(*) FROM delivery_attempts a
                WHERE a.delivery_id = d.id AND a.finished_at IS NOT NULL AND a.outcome IS NOT NULL AND a.attempt <= d.attempts)
            """)
    }

    func count(_ sql: StaticString) async throws -> Int { try await pool.query(sql).first?.int(0) ?? 0 }
}
