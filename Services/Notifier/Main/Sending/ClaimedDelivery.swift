import Delivery
import Models
import Postgres
import Store

/// A delivery that belongs to this process until its lease runs out.
struct ClaimedDelivery: Sendable {
    let id: DeliveryID
    let teamID: TeamID
    let incidentID: IncidentID
    let sequence: Int64
    let channelID: ChannelID
    let channelType: String
    let config: [UInt8]
    let part: Int
    let event: [UInt8]
    /// This attempt included.
    let attempts: Int
    /// Of these, the ones before a person put the message back.
    let attemptsBefore: Int
    let resends: Int
    /// Rises with each claim: whoever has an older one must not write.
    let fence: Int64
    let threadReference: String?
    /// Set when an earlier attempt may have arrived.
    let doubt: DoubtHistory?
    /// Just before the claim was asked for.
    var claimedAt: ContinuousClock.Instant
    /// The database's time of the claim.
    let claimedAtByDatabase: Timestamp

    init(_ row: Row, claimedAt: ContinuousClock.Instant) throws {
        id = try row.identifier("id")
        teamID = try row.identifier("team_id")
        incidentID = try row.identifier("incident_id")
        sequence = try row.int64("sequence")
        channelID = try row.identifier("channel_id")
        channelType = try row.string("type")
        config = try row.utf8("config")
        part = try row.int("part")
        event = try row.utf8("event")
        attempts = try row.int("attempts")
        attemptsBefore = try row.int("attempts_before")
        resends = try row.int("resends")
        fence = try row.int64("fence")
        threadReference = try row.optionalString("reference")
        doubt = try Self.doubt(row)
        self.claimedAt = claimedAt
        claimedAtByDatabase = try row.timestamp("claimed_at")
    }

    private static func doubt(_ row: Row) throws -> DoubtHistory? {
        guard let since = try row.optionalTimestamp("in_doubt_since") else { return nil }
        return DoubtHistory(
            firstAttemptAt: since, lastAttemptAt: try row.optionalTimestamp("last_doubt_at") ?? since, attempts: try row.int("doubts"),
            failedLookUps: try row.int("failed_look_ups"))
    }

    /// The database's time now, whatever this machine's clock says.
    var databaseTime: Timestamp {
        claimedAtByDatabase.adding(milliseconds: Int64((ContinuousClock.now - claimedAt) / .milliseconds(1)))
    }
}
