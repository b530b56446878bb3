import JSON

/// What became of one document: the record of `tocsin.documents`.
package struct DocumentRecord: Sendable, Hashable {
    package enum State: String, Sendable, CaseIterable {
        case published, failed
    }

    package var documentID: DocumentID
    package var teamID: TeamID
    package var incidentID: IncidentID
    /// `post_mortem`
    package var documentKind: String
    package var version: Int
    package var title: String
    /// Registry id of the publisher, `folder`.
    package var publisher: String
    package var state: State
    /// Where the publisher put it, or why it failed.
    package var detail: String
    package var at: Timestamp

    package init(
        documentID: DocumentID, teamID: TeamID, incidentID: IncidentID, documentKind: String, version: Int, title: String,
        publisher: String, state: State, detail: String, at: Timestamp
    ) {
        self.documentID = documentID
        self.teamID = teamID
        self.incidentID = incidentID
        self.documentKind = documentKind
        self.version = version
        self.title = title
        self.publisher = publisher
        self.state = state
        self.detail = detail
        self.at = at
    }

    package func encode() -> [UInt8] {
        var writer = JSONWriter(reserving: 384)
        writer.object { writer in
            writer.field("documentId", documentID.description)
            writer.field("teamId", teamID.description)
            writer.field("incidentId", incidentID.description)
            writer.field("documentKind", documentKind)
            writer.field("version", version)
            writer.field("title", title)
            writer.field("publisher", publisher)
            writer.field("state", state.rawValue)
            writer.field("detail", detail)
            writer.field("at", at.rfc3339)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(RecordError) {
        let record = try RecordReader(bytes)
        self.init(
            documentID: try record.identifier("documentId"),
            teamID: try record.identifier("teamId"),
            incidentID: try record.identifier("incidentId"),
            documentKind: try record.string("documentKind"),
            version: Int(try record.int("version")),
            title: try record.string("title"),
            publisher: try record.string("publisher"),
            state: try record.choice("state"),
            detail: try record.string("detail"),
            at: try record.timestamp("at"))
    }

    package func fact() -> Fact {
        Fact(
            topic: .documents, key: incidentID.description, teamID: teamID, id: "\(documentID)/\(publisher)/\(state.rawValue)",
            type: "tocsin.document.\(state.rawValue).v1", source: "/tocsin/doc-publisher", time: at, payload: encode())
    }
}
