import JSON

/// What became of one delivery: the record of `tocsin.notifications`.
package struct NotificationRecord: Sendable, Hashable {
    package enum State: String, Sendable, CaseIterable {
        /// The provider accepted it.
        case sent
        /// Every attempt failed, or the provider refused it for good.
        case dead
        /// It may have arrived: the process or the connection died between request and answer.
        case inDoubt = "in_doubt"
        /// Deliberately not sent; `reason` says why.
        case suppressed
    }

    package var deliveryID: DeliveryID
    package var teamID: TeamID
    package var incidentID: IncidentID
    /// Sequence of the incident's event that it tells of.
    package var sequence: Int64
    package var channelID: ChannelID
    package var channelType: String
    package var state: State
    package var attempts: Int
    package var providerID: String?
    package var reason: String?
    package var at: Timestamp

    package init(
        deliveryID: DeliveryID, teamID: TeamID, incidentID: IncidentID, sequence: Int64, channelID: ChannelID, channelType: String,
        state: State, attempts: Int, providerID: String?, reason: String?, at: Timestamp
    ) {
        self.deliveryID = deliveryID
        self.teamID = teamID
        self.incidentID = incidentID
        self.sequence = sequence
        self.channelID = channelID
        self.channelType = channelType
        self.state = state
        self.attempts = attempts
        self.providerID = providerID
        self.reason = reason
        self.at = at
    }

    package func encode() -> [UInt8] {
        var writer = JSONWriter(reserving: 384)
        writer.object { writer in
            writer.field("deliveryId", deliveryID.description)
            writer.field("teamId", teamID.description)
            writer.field("incidentId", incidentID.description)
            writer.field("sequence", sequence)
            writer.field("channelId", channelID.description)
            writer.field("channelType", channelType)
            writer.field("state", state.rawValue)
            writer.field("attempts", attempts)
            writer.field("providerId", providerID)
            writer.field("reason", reason)
            writer.field("at", at.rfc3339)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(RecordError) {
        let record = try RecordReader(bytes)
        self.init(
            deliveryID: try record.identifier("deliveryId"),
            teamID: try record.identifier("teamId"),
            incidentID: try record.identifier("incidentId"),
            sequence: try record.int("sequence"),
            channelID: try record.identifier("channelId"),
            channelType: try record.string("channelType"),
            state: try record.choice("state"),
            attempts: Int(try record.int("attempts")),
            providerID: try record.optionalString("providerId"),
            reason: try record.optionalString("reason"),
            at: try record.timestamp("at"))
    }

    package func fact() -> Fact {
        let name = state == .inDoubt ? "in-doubt" : state.rawValue
        return Fact(
            topic: .notifications, key: incidentID.description, teamID: teamID, id: "\(deliveryID)/\(state.rawValue)/\(attempts)",
            type: "tocsin.notification.\(name).v1", source: "/tocsin/notifier", time: at, payload: encode())
    }
}
