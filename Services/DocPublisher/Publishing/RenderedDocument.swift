package import Models

/// A document ready for any publisher.
package struct RenderedDocument: Sendable, Hashable {
    package var id: DocumentID
    package var teamID: TeamID
    package var teamSlug: String
    package var incidentID: IncidentID
    package var incidentNumber: Int64
    package var kind: String
    /// From 1; one more each time the incident is resolved anew.
    package var version: Int
    package var title: String
    package var markdown: String
    package var html: String

    package init(
        id: DocumentID, teamID: TeamID, teamSlug: String, incidentID: IncidentID, incidentNumber: Int64, kind: String, version: Int,
        title: String, markdown: String, html: String
    ) {
        self.id = id
        self.teamID = teamID
        self.teamSlug = teamSlug
        self.incidentID = incidentID
        self.incidentNumber = incidentNumber
        self.kind = kind
        self.version = version
        self.title = title
        self.markdown = markdown
        self.html = html
    }

    /// `post-mortem-4711-v1`: the file name without its ending.
    package var fileName: String {
        "\(kind.split(separator: "_").joined(separator: "-"))-\(incidentNumber)-v\(version)"
    }
}
