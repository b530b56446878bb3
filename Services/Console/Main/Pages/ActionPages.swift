import FoundationEssentials
import Hummingbird
import Models
import NIOCore

/// The buttons of an incident's page. The gate has checked origin and form token.
enum ActionPages {
    static func run(_ action: IncidentCommand.Action, _ console: Console, _ call: Call, _ visitor: Visitor) async throws -> Response {
        let form = try CrossSiteGuard.form(call)
        var assignee: String?
        if action == .acknowledge, let name = form["assignee_id"], !name.isEmpty {
            assignee = try ActionAPI.checked(assignee: name)
        }
        let incident = try await Commands(runtime: console.runtime).carryOut(
            action, on: call.values[0], by: visitor, assignee: assignee, id: UUID().uuidString.lowercased())
        return Answers.seeOther("/incidents/\(incident.number)")
    }
}

/// The stylesheet: its address changes with its text.
enum Assets {
    static func stylesheet(_ text: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "public, max-age=31536000, immutable"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
