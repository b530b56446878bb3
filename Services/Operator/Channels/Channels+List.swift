import ArgumentParser
import Delivery
import JSON
import Models
import Store

extension Channels {
    struct List: OperatorCommand {
        static let configuration = CommandConfiguration(abstract: "Shows channels, their routes and how they are; secrets are masked.")

        @Option(help: "Only this team's channels.")
        var team: String?

        @Flag(help: "JSON instead of a table.")
        var json = false

        func run(in session: Session) async throws {
            let rows = try await session.transaction { connection in
                let teams = try await Channels.teams(team, in: connection)
                let slugs = Dictionary(teams.map { ($0.id, $0.slug) }, uniquingKeysWith: { first, _ in first })
                return try await ChannelStore.list(teams: teams.map(\.id), in: connection).map {
                    ChannelRow($0, team: slugs[$0.teamID] ?? "-")
                }
            }
            let registry = try ChannelRegistry()
            if json { return session.output.write(json: ChannelRow.json(rows, registry: registry, now: session.now)) }
            var table = Table("TEAM", "NAME", "TYPE", "STATE", "FROM", "ROUTE", "SETTINGS", "LAST ERROR")
            for row in rows {
                let settings = registry.shown(type: row.channel.type, config: row.channel.config).map { "\($0.name)=\($0.value)" }
                table.add(
                    row.team, row.channel.name, row.channel.type, row.state(at: session.now), row.channel.minSeverity.rawValue, row.route,
                    settings.joined(separator: " "), row.channel.lastError)
            }
            session.output.write(table, whenEmpty: "there are no channels: tocsin channels add --help")
        }
    }
}

/// One channel as it is shown.
struct ChannelRow: Sendable {
    let channel: StoredChannel
    let team: String

    init(_ channel: StoredChannel, team: String) {
        self.channel = channel
        self.team = team
    }

    /// `enabled`, `paused` (its breaker rests) or `off`.
    func state(at now: Timestamp) -> String {
        guard channel.enabled else { return "off" }
        return channel.pausedUntil.map { now < $0 } ?? false ? "paused" : "enabled"
    }

    var route: String {
        let words = channel.matchers.map(\.description) + channel.kinds.map(\.rawValue)
        return words.isEmpty ? "all" : words.joined(separator: " ")
    }

    static func json(_ rows: [ChannelRow], registry: ChannelRegistry, now: Timestamp) -> [UInt8] {
        var writer = JSONWriter()
        writer.array { writer in
            for row in rows { row.write(to: &writer, registry: registry, now: now) }
        }
        return writer.bytes
    }

    private func write(to writer: inout JSONWriter, registry: ChannelRegistry, now: Timestamp) {
        writer.object { writer in
            writer.field("id", channel.id.description)
            writer.field("team", team)
            writer.field("name", channel.name)
            writer.field("type", channel.type)
            writer.field("state", state(at: now))
            writer.field("minSeverity", channel.minSeverity.rawValue)
            writer.field("match", strings: channel.matchers.map(\.description))
            writer.field("kinds", strings: channel.kinds.map(\.rawValue))
            writer.field("settings", map: registry.shown(type: channel.type, config: channel.config).map { ($0.name, $0.value) })
            writer.field("consecutiveFailures", channel.consecutiveFailures)
            writer.field("pausedUntil", channel.pausedUntil?.rfc3339)
            writer.field("lastError", channel.lastError)
            writer.field("lastErrorAt", channel.lastErrorAt?.rfc3339)
        }
    }
}
