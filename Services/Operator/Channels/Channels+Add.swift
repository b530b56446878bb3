import ArgumentParser
import Delivery
import Models
import Postgres
import Store

extension Channels {
    struct Add: OperatorCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a channel and prints its id. Nothing is sent: see `tocsin channels test`.", discussion: ChannelTypes.help)

        @Option(help: "The team's short name.")
        var team: String

        @Option(help: "Name of the channel, once in a team.")
        var name: String

        @Option(
            help: ArgumentHelp("One of \(ChannelTypes.names.joined(separator: ", ")).", valueName: "type"),
            completion: .list(ChannelTypes.names))
        var type: String

        @Option(
            name: .customLong("set"), parsing: .singleValue,
            help: ArgumentHelp("A setting of the channel, see above; may be repeated.", valueName: "key=value"))
        var settings: [ChannelSettingText] = []

        @Option(help: "Tell only of incidents at least this severe.")
        var minSeverity = Severity.low

        @Option(
            name: .customLong("match"), parsing: .singleValue,
            help: ArgumentHelp(
                "Tell only of incidents whose labels fulfil this, such as env=\"prod\" or team!~ops.*; may be repeated.",
                valueName: "condition"))
        var matchers: [LabelMatcher] = []

        @Option(
            name: .customLong("kind"), parsing: .singleValue,
            help: ArgumentHelp("Tell only of these events; may be repeated. All that the channel knows, if left out.", valueName: "event"))
        var kinds: [IncidentEvent.Kind] = []

        func validate() throws {
            guard (1...100).contains(name.count) else { throw ValidationError("--name must have 1 to 100 characters") }
            guard ChannelTypes.names.contains(type) else {
                throw ValidationError("--type must be one of \(ChannelTypes.names.joined(separator: ", "))")
            }
        }

        func run(in session: Session) async throws {
            let values = try settings.map { (name: $0.name, value: try $0.value(in: session)) }
            let config = String(decoding: try ChannelRegistry().config(type: type, settings: values), as: UTF8.self)
            let id: ChannelID
            do {
                id = try await session.transaction { connection in
                    let owner = try await TeamStore.required(slug: team, in: connection)
                    return try await ChannelStore.create(
                        team: owner.id, name: name, type: type, config: config, minSeverity: minSeverity, matchers: matchers, kinds: kinds,
                        in: connection)
                }
            } catch let error as PostgresError where error.isUniqueViolation {
                throw OperatorFailure.refused("the team has a channel \(Printable.line(name)) already")
            }
            session.output.write("\(id)")
        }
    }
}

/// The channel types of the notifier's registry, for help and validation.
enum ChannelTypes {
    static let names = ChannelRegistry.all.map { $0.type }

    static let help: String = {
        var lines = [
            "A value may stand elsewhere, so that a secret is not in the history of the shell:",
            "  --set url=@FILE       the first line of a file",
            "  --set url=env:NAME    a variable of the environment",
            "  --set chatId=text:@x  literally, for a value that begins like one of these",
            "Lists are comma separated.",
        ]
        for type in ChannelRegistry.all {
            lines += ["", "\(type.type): \(type.summary)"]
            lines += type.fields.map(line)
        }
        return lines.joined(separator: "\n")
    }()

    private static func line(_ field: ChannelField) -> String {
        let notes = [
            field.isRequired ? "needed" : nil, field.isSecret ? "secret" : nil, field.defaultText.map { "default \($0)" },
        ].compactMap(\.self)
        return "  \(field.name): \(field.meaning)" + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))")
    }
}

extension Severity: ExpressibleByArgument {}

extension IncidentEvent.Kind: ExpressibleByArgument {}

extension LabelMatcher: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
