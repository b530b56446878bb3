import Models
import Postgres
import Store

/// A row of the ledger that has reached its end, as its fact needs it.
struct LedgerRow: Sendable {
    let id: DeliveryID
    let teamID: TeamID
    let incidentID: IncidentID
    let sequence: Int64
    let channelID: ChannelID
    let channelType: String
    let state: NotificationRecord.State
    let attempts: Int
    let providerID: String?
    let reason: String?

    init(_ row: Row) throws {
        id = try row.identifier("id")
        teamID = try row.identifier("team_id")
        incidentID = try row.identifier("incident_id")
        sequence = try row.int64("sequence")
        channelID = try row.identifier("channel_id")
        channelType = try row.string("type")
        state = try row.choice("state")
        attempts = try row.int("attempts")
        providerID = try row.optionalString("provider_id")
        reason = try row.optionalString("last_error")
    }

    init(_ delivery: ClaimedDelivery, state: NotificationRecord.State, providerID: String?, reason: String?) {
        id = delivery.id
        teamID = delivery.teamID
        incidentID = delivery.incidentID
        sequence = delivery.sequence
        channelID = delivery.channelID
        channelType = delivery.channelType
        self.state = state
        attempts = delivery.attempts
        self.providerID = providerID
        self.reason = reason
    }

    func fact(at now: Timestamp) -> Fact {
        NotificationRecord(
            deliveryID: id, teamID: teamID, incidentID: incidentID, sequence: sequence, channelID: channelID, channelType: channelType,
            state: state, attempts: attempts, providerID: providerID, reason: reason, at: now
        ).fact()
    }
}
