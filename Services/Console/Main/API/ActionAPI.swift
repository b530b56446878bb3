import FoundationEssentials
import HTTPTypes
import Hummingbird
import JSON
import Models

/// `POST /api/incidents/{id}/acknowledge` and `/resolve`.
enum ActionAPI {
    static let maxKeyCharacters = 200

    static func run(_ action: IncidentCommand.Action, _ console: Console, _ call: Call, _ visitor: Visitor) async throws -> Response {
        guard call.query.pairs.isEmpty else { throw ConsoleRefusal.parameter("query", "is not read here; use the body") }
        let incident = try await Commands(runtime: console.runtime).carryOut(
            action, on: call.values[0], by: visitor, assignee: try assignee(call, action), id: try commandID(call.headers))
        var writer = JSONWriter(reserving: 1024)
        incident.write(to: &writer)
        return Answers.json(.ok, writer.bytes)
    }

    private static func commandID(_ headers: HTTPFields) throws(ConsoleRefusal) -> String {
        guard let key = HTTPField.Name("Idempotency-Key").flatMap({ headers[$0] }) else { return UUID().uuidString.lowercased() }
        guard (1...maxKeyCharacters).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .parameter("Idempotency-Key", "must be 1 to \(maxKeyCharacters) visible ASCII characters; a UUID is a good one")
        }
        return key
    }

    /// Fields that are not for the client to set are ignored.
    private static func assignee(_ call: Call, _ action: IncidentCommand.Action) throws(ConsoleRefusal) -> String? {
        guard !call.body.isEmpty else { return nil }
        let type = call.headers[.contentType]?.split(separator: ";").first?.lowercased().filter { $0 != " " }
        guard type == "application/json" else { throw .mediaType("application/json") }
        let root: JSONNode
        do { root = try JSONDocument.parse(call.body).root } catch {
            throw .body("The body is no JSON: \(error.message)", field: error.path)
        }
        guard root.kind == .object else { throw .body(#"The body must be an object: {"assignee_id": "ada"}, or empty."#) }
        guard action == .acknowledge, let node = root["assignee_id"], !node.isNull else { return nil }
        return try checked(assignee: node.string)
    }

    static func checked(assignee: String?) throws(ConsoleRefusal) -> String {
        guard let assignee, (1...Incident.maxAssigneeCharacters).contains(assignee.unicodeScalars.count),
            !assignee.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else {
            throw .body(
                "assignee_id must be text of 1 to \(Incident.maxAssigneeCharacters) characters on one line; name a person or leave it out.",
                field: "assignee_id")
        }
        return assignee
    }
}
