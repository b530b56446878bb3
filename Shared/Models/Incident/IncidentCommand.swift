import JSON

/// What a person asks of an incident: the record of `tocsin.commands`, also the body of the API's actions.
package struct IncidentCommand: Sendable, Hashable {
    package enum Action: String, Sendable, CaseIterable {
        case acknowledge, resolve
    }

    package static let recordType = "tocsin.incident.command.v1"

    /// Names the wish, so that a second delivery of it changes nothing: 1 to 200 characters.
    package var id: String
    package var teamID: TeamID
    package var incidentID: IncidentID
    package var action: Action
    package var actor: Actor
    /// Who shall have it after an acknowledgement; nil: the actor.
    package var assigneeID: String?
    package var at: Timestamp

    package init(
        id: String, teamID: TeamID, incidentID: IncidentID, action: Action, actor: Actor, assigneeID: String?, at: Timestamp
    ) {
        self.id = id
        self.teamID = teamID
        self.incidentID = incidentID
        self.action = action
        self.actor = actor
        self.assigneeID = assigneeID
        self.at = at
    }

    /// The event that the command makes of an incident.
    package func applied(to incident: Incident, now: Timestamp) throws(TransitionRefusal) -> IncidentEvent {
        switch action {
        case .acknowledge: try incident.acknowledged(by: actor, assignee: assigneeID, at: now)
        case .resolve: try incident.resolved(by: actor, at: now)
        }
    }
}

extension IncidentCommand {
    package func encode() -> [UInt8] {
        var writer = JSONWriter(reserving: 256)
        writer.object { writer in
            writer.field("id", id)
            writer.field("teamId", teamID.description)
            writer.field("incidentId", incidentID.description)
            writer.field("action", action.rawValue)
            writer.field("actor", actor.description)
            writer.field("assigneeId", assigneeID)
            writer.field("at", at.rfc3339)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(RecordError) {
        let record = try RecordReader(bytes)
        guard let actor = Actor(try record.string("actor")) else {
            throw RecordError(path: "actor", reason: "is not kind:name")
        }
        let id = try record.string("id")
        guard (1...200).contains(id.count) else { throw RecordError(path: "id", reason: "must have 1 to 200 characters") }
        self.init(
            id: id,
            teamID: try record.identifier("teamId"),
            incidentID: try record.identifier("incidentId"),
            action: try record.choice("action"),
            actor: actor,
            assigneeID: try record.optionalString("assigneeId"),
            at: try record.timestamp("at"))
    }

    package func fact() -> Fact {
        Fact(
            topic: .commands, key: incidentID.description, teamID: teamID, id: id, type: IncidentCommand.recordType,
            source: "/tocsin/ingest-gateway", time: at, payload: encode())
    }
}
