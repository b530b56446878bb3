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
    let resends: Int
    /// Rises with each claim: whoever has an older one must not write.
    let fence: Int64
    let threadReference: String?

    init(_ row: Row) throws {
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
        resends = try row.int("resends")
        fence = try row.int64("fence")
        threadReference = try row.optionalString("reference")
    }
}
