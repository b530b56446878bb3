import Postgres
import ServiceKit
import Hummingbird
import JSON
import Models
import Store

/// The reading half of the JSON API. Every query is scoped by the key's team.
enum ReadingAPI {
    static func incidents(_ console: Console, _ call: Call, _ visitor: Visitor) async throws -> Response {
        let query = try IncidentQuery(call.query)
        let listing = try await console.runtime.pool.withConnection {
            try await IncidentQueries.list(query, team: visitor.teamID, in: $0)
        }
        return Answers.json(.ok, listing.encode("incidents") { $0.write(to: &$1) })
    }

    static func incident(_ console: Console, _ call: Call, _ visitor: Visitor) async throws -> Response {
        let detail = try await console.runtime.pool.withConnection {
            try await IncidentDetail.read(call.values[0], team: visitor.teamID, in: $0)
        }
        guard let detail else { throw ConsoleRefusal.noIncident }
        return Answers.json(.ok, detail.encode())
    }

    static func alerts(_ console: Console, _ call: Call, _ visitor: Visitor) async throws -> Response {
        let query = try AlertQuery(call.query)
        let listing = try await console.runtime.pool.withConnection {
            try await AlertQueries.list(query, team: visitor.teamID, in: $0)
        }
        return Answers.json(.ok, listing.encode("alerts") { $0.write(to: &$1) })
    }

    static func metrics(_ console: Console, _ call: Call, _ visitor: Visitor) async throws -> Response {
        let query = try MetricsQuery(call.query, now: console.now)
        let summary = try await console.runtime.pool.withConnection { connection in
            MetricsSummary(
                try await RollupStore.cells(
                    teams: [visitor.teamID], from: query.first, to: query.last, service: query.service, in: connection))
        }
        return Answers.json(.ok, summary.encode())
    }

    static func ownTeam(_ console: Console, _ call: Call, _ visitor: Visitor) async throws -> Response {
        let team = try await console.runtime.pool.withConnection { try await TeamQueries.team(visitor.teamID, in: $0) }
        guard let team else { throw ConsoleRefusal.unauthorized }
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("id", team.id.description)
            writer.field("slug", team.slug)
            writer.field("name", team.name)
            writer.key("key")
            writer.object { writer in
                writer.field("id", visitor.keyID.description)
                writer.field("name", visitor.name)
            }
        }
        return Answers.json(.ok, writer.bytes)
    }
}

/// Alive, and able to work: for load balancers, without a key. The reasons are on the admin port.
enum HealthAPI {
    static func health() -> Response { Answers.json(.ok, Array(#"{"status":"ok"}"#.utf8)) }

    static func ready(_ console: Console) -> Response {
        let statuses = console.runtime.health.statuses()
        let isReady = statuses.allSatisfy(\.status.isOK)
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("status", isReady ? "ready" : "not ready")
            writer.key("dependencies")
            writer.object { writer in
                for (name, status) in statuses {
                    writer.key(name)
                    writer.object { $0.field("ok", status.isOK) }
                }
            }
        }
        return Answers.json(isReady ? .ok : .serviceUnavailable, writer.bytes)
    }
}
