import ArgumentParser
import JSON
import Models
import Store

/// `tocsin deliveries`
struct Deliveries: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries",
        abstract: "Shows messages that did not reach their channel for certain, and puts them back.",
        discussion: """
            A message is dead when its attempts are used up or its provider refused it for good, and in doubt when nobody can say whether \
            it arrived. After the cause is mended, requeue lets the notifier try it again.
            """,
        subcommands: [List.self, Requeue.self])

    struct List: OperatorCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows messages, the newest first; without --state those that are dead or in doubt.")

        @Option(help: "The team's short name.")
        var team: String?

        @Option(help: "pending, sending, sent, dead, in_doubt or suppressed; may be repeated.")
        var state: [DeliveryLine.State] = []

        @Option(help: "How many at most.")
        var limit = 50

        @Flag(help: "JSON instead of a table.")
        var json = false

        func validate() throws {
            guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000") }
        }

        func run(in session: Session) async throws {
            let states = state.isEmpty ? [.dead, .inDoubt] : state
            let lines = try await session.transaction { connection in
                let teams = try await Channels.teams(team, in: connection)
                return try await DeliveryLedger.list(states, teams: teams.map(\.id), limit: limit, in: connection)
            }
            if json { return session.output.write(json: Self.json(lines)) }
            var table = Table("ID", "SINCE", "TEAM", "INCIDENT", "CHANNEL", "EVENT", "STATE", "ATTEMPTS", "RESENDS", "ERROR")
            for line in lines {
                table.add(
                    "\(line.id)", line.since.forPeople, line.team, "#\(line.incidentNumber)", line.channel, line.kind, line.state.rawValue,
                    "\(line.attempts)", "\(line.resends)", line.lastError ?? "-")
            }
            session.output.write(table, whenEmpty: "there are no such messages")
        }

        private static func json(_ lines: [DeliveryLine]) -> [UInt8] {
            var writer = JSONWriter()
            writer.array { writer in
                for line in lines {
                    writer.object { writer in
                        writer.field("id", line.id.description)
                        writer.field("since", line.since.rfc3339)
                        writer.field("team", line.team)
                        writer.field("incidentNumber", line.incidentNumber)
                        writer.field("channel", line.channel)
                        writer.field("channelType", line.channelType)
                        writer.field("kind", line.kind)
                        writer.field("sequence", line.sequence)
                        writer.field("part", line.part)
                        writer.field("state", line.state.rawValue)
                        writer.field("attempts", line.attempts)
                        writer.field("resends", line.resends)
                        writer.field("lastError", line.lastError)
                    }
                }
            }
            return writer.bytes
        }
    }
}

extension DeliveryLine.State: ExpressibleByArgument {}
