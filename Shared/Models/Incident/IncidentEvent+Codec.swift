package import JSON

extension Incident {
    package func write(to writer: inout JSONWriter) {
        writer.object { writer in writeFields(to: &writer) }
    }

    /// The fields alone, for an object that has more of them.
    package func writeFields(to writer: inout JSONWriter) {
        writer.field("id", id.description)
        writer.field("teamId", teamID.description)
        writer.field("number", number)
        writer.field("title", title)
        writer.field("description", description)
        writer.field("status", status.rawValue)
        writer.field("severity", severity.rawValue)
        writer.field("groupingKey", groupingKey.text)
        writer.field("labels", map: labels)
        writer.field("createdAt", createdAt.rfc3339)
        writer.field("updatedAt", updatedAt.rfc3339)
        writer.field("ackedAt", ackedAt?.rfc3339)
        writer.field("resolvedAt", resolvedAt?.rfc3339)
        writer.field("assigneeId", assigneeID)
        writer.field("resolveDueAt", resolveDueAt?.rfc3339)
        writer.field("reopenCount", reopenCount)
        writer.field("alertCount", alertCount)
        writer.field("firingCount", firingCount)
        writer.field("sequence", sequence)
    }

    package init(record: RecordReader) throws(RecordError) {
        self.init(
            id: try record.identifier("id"),
            teamID: try record.identifier("teamId"),
            number: try record.int("number"),
            title: try record.string("title"),
            description: try record.optionalString("description") ?? "",
            status: try record.choice("status"),
            severity: try record.choice("severity"),
            groupingKey: GroupingKey(try record.string("groupingKey")),
            labels: try record.map("labels"),
            createdAt: try record.timestamp("createdAt"),
            updatedAt: try record.timestamp("updatedAt"),
            ackedAt: try record.optionalTimestamp("ackedAt"),
            resolvedAt: try record.optionalTimestamp("resolvedAt"),
            assigneeID: try record.optionalString("assigneeId"),
            resolveDueAt: try record.optionalTimestamp("resolveDueAt"),
            reopenCount: Int(try record.int("reopenCount", default: 0)),
            alertCount: Int(try record.int("alertCount", default: 0)),
            firingCount: Int(try record.int("firingCount", default: 0)),
            sequence: try record.int("sequence"))
    }
}

extension IncidentEvent {
    package func encode() -> [UInt8] {
        var writer = JSONWriter(reserving: 1024)
        writer.object { writer in
            writer.field("kind", kind.rawValue)
            writer.field("at", at.rfc3339)
            writer.field("actor", actor.description)
            writer.key("incident")
            incident.write(to: &writer)
            writer.key("change")
            writer.object { writer in
                writer.field("alertsFired", change.alertsFired)
                writer.field("alertsResolved", change.alertsResolved)
                writer.field("previousSeverity", change.previousSeverity?.rawValue)
                writer.field("reason", change.reason)
            }
            writer.field("traceparent", traceparent)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(RecordError) {
        let record = try RecordReader(bytes)
        guard let actor = Actor(try record.string("actor")) else {
            throw RecordError(path: "actor", reason: "is not kind:name")
        }
        let change = try record.object("change")
        self.init(
            kind: try record.choice("kind"),
            at: try record.timestamp("at"),
            actor: actor,
            incident: try Incident(record: try record.object("incident")),
            change: Change(
                alertsFired: Int(try change.int("alertsFired", default: 0)),
                alertsResolved: Int(try change.int("alertsResolved", default: 0)),
                previousSeverity: try change.optionalChoice("previousSeverity"),
                reason: try change.optionalString("reason")),
            traceparent: try record.optionalString("traceparent"))
    }

    /// The event as a record of `tocsin.incidents`.
    /// - Parameter service: who states it, `alert-grouper`.
    package func fact(from service: String) -> Fact {
        Fact(
            topic: .incidents, key: incident.id.description, teamID: incident.teamID, id: id, type: recordType,
            source: "/tocsin/\(service)", time: at, traceparent: traceparent, payload: encode())
    }
}
