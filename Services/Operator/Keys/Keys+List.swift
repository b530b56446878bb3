import ArgumentParser
import JSON
import Models
import Store

extension Keys {
    struct List: OperatorCommand {
        static let configuration = CommandConfiguration(abstract: "Shows keys, without their tokens.")

        @Option(help: "Only this team's keys.")
        var team: String?

        @Flag(help: "JSON instead of a table.")
        var json = false

        func run(in session: Session) async throws {
            let (keys, teams) = try await session.transaction { connection in
                let wanted = if let team { try await TeamStore.required(slug: team, in: connection).id } else { TeamID?.none }
                let keys = try await KeyStore.list(in: connection).filter { wanted == nil || $0.teamID == wanted }
                return (keys, try await TeamStore.list(in: connection))
            }
            let slugs = Dictionary(teams.map { ($0.id, $0.slug) }, uniquingKeysWith: { first, _ in first })
            let rows = keys.map { (key: $0, team: slugs[$0.teamID] ?? "\($0.teamID)") }
            if json { session.output.write(json: Self.json(rows, now: session.now)) } else { show(rows, session) }
        }

        private func show(_ rows: [(key: AccessKey, team: String)], _ session: Session) {
            var table = Table("ID", "TEAM", "KIND", "NAME", "SOURCE", "BROKER AWAY", "TOKEN", "STATE", "CREATED", "EXPIRES")
            for (key, team) in rows {
                table.add(
                    "\(key.id)", team, key.kind.rawValue, key.name, key.source, key.kind == .ingest ? key.whenBrokerAway.rawValue : nil,
                    key.tokenPrefix + "…", KeyState.word(of: key, at: session.now), key.createdAt.forPeople, key.expiresAt?.forPeople)
            }
            session.output.write(table, whenEmpty: "there are no keys: tocsin keys create --help")
        }

        private static func json(_ rows: [(key: AccessKey, team: String)], now: Timestamp) -> [UInt8] {
            var writer = JSONWriter()
            writer.array { writer in
                for (key, team) in rows {
                    writer.object { writer in
                        writer.field("id", key.id.description)
                        writer.field("team", team)
                        writer.field("kind", key.kind.rawValue)
                        writer.field("name", key.name)
                        writer.field("source", key.source)
                        if key.kind == .ingest { writer.field("whenBrokerAway", key.whenBrokerAway.rawValue) }
                        writer.field("tokenPrefix", key.tokenPrefix)
                        writer.field("state", KeyState.word(of: key, at: now))
                        writer.field("createdAt", key.createdAt.rfc3339)
                        writer.field("expiresAt", key.expiresAt?.rfc3339)
                        writer.field("revokedAt", key.revokedAt?.rfc3339)
                    }
                }
            }
            return writer.bytes
        }
    }
}

enum KeyState {
    /// `valid`, `expiring` (valid, with an end), `expired` or `revoked`.
    static func word(of key: AccessKey, at now: Timestamp) -> String {
        if key.revokedAt != nil { return "revoked" }
        guard key.isValid(at: now) else { return "expired" }
        return key.expiresAt == nil ? "valid" : "expiring"
    }
}
