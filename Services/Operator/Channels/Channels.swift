import ArgumentParser
import Models
import Postgres
import Store

/// `tocsin channels`
struct Channels: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sets up where people are told of incidents: Slack, mail, Telegram, webhooks.",
        subcommands: [Add.self, List.self, Test.self, Enable.self, Disable.self, Remove.self])

    /// Names one channel.
    struct Selection: ParsableArguments {
        @Argument(help: "The channel's name.")
        var name: String

        @Option(help: "The team's short name; needed where several teams have a channel of that name.")
        var team: String?

        /// - Throws: exit code 2 when there is none, or more than one.
        func find(in connection: PostgresConnection) async throws -> StoredChannel {
            let teams = try await Channels.teams(team, in: connection)
            let found = try await ChannelStore.list(teams: teams.map(\.id), in: connection).filter { $0.name == name }
            guard found.count < 2 else {
                throw OperatorFailure.refused("several teams have a channel \(Printable.line(name)): add --team SLUG")
            }
            guard let channel = found.first else {
                throw OperatorFailure.notFound("there is no channel \(Printable.line(name)): tocsin channels list")
            }
            return channel
        }
    }

    /// The named team, or all.
    static func teams(_ slug: String?, in connection: PostgresConnection) async throws -> [Team] {
        guard let slug else { return try await TeamStore.list(in: connection) }
        return [try await TeamStore.required(slug: slug, in: connection)]
    }
}
