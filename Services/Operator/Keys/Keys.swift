import ArgumentParser
import JSON
import Models
import Store

/// `tocsin keys`
struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes, lists, rotates and revokes the keys of senders and API clients.",
        discussion: """
            An ingest key lets a sender deliver alerts for one team; an API key lets a client read and act. A key's token is shown \
            once, when it is made: only its hash is stored. Changes reach the running services within seconds.
            """,
        subcommands: [Create.self, List.self, Rotate.self, Revoke.self])

    /// How a new key's token is printed.
    struct TokenFormat: ParsableArguments {
        @Flag(help: "JSON with id and token.")
        var json = false

        @Flag(help: "Nothing but the token, for scripts.")
        var tokenOnly = false

        func validate() throws {
            guard !(json && tokenOnly) else { throw ValidationError("--json and --token-only exclude each other") }
        }

        func text(id: KeyID, token: AccessToken) -> String {
            if tokenOnly { return token.text }
            guard json else {
                return "id     \(id)\ntoken  \(token.text)\nThis is the only time that the token is shown."
            }
            var writer = JSONWriter()
            writer.object { writer in
                writer.field("id", id.description)
                writer.field("token", token.text)
            }
            return String(decoding: writer.bytes, as: UTF8.self)
        }
    }

    struct Create: OperatorCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a key and prints its token, once.")

        @Option(help: "The team's short name.")
        var team: String

        @Option(help: "ingest, for senders of alerts; api, for clients of the console's API.")
        var kind: AccessToken.Kind

        @Option(help: "What the key is for: shown in lists, and in the history of incidents for what an API key does.")
        var name: String

        @Option(help: "Ingest keys: the only source it may send for, such as alertmanager, prometheus, generic; any if left out.")
        var source: String?

        @Option(
            help: "Ingest keys: spool keeps alerts in the gateway while the broker is away and answers 200; refuse answers 503.")
        var whenBrokerAway: BrokerAwayPolicy?

        @OptionGroup var format: TokenFormat

        func validate() throws {
            guard (1...100).contains(name.count) else { throw ValidationError("--name must have 1 to 100 characters") }
            guard source == nil || kind == .ingest else { throw ValidationError("--source is for ingest keys") }
            guard whenBrokerAway == nil || kind == .ingest else { throw ValidationError("--when-broker-away is for ingest keys") }
            guard source?.isEmpty != true else { throw ValidationError("--source is empty") }
        }

        func run(in session: Session) async throws {
            let (id, token) = try await session.transaction { connection in
                let owner = try await TeamStore.required(slug: team, in: connection)
                return try await KeyStore.create(
                    kind, name: name, team: owner.id, source: source, whenBrokerAway: whenBrokerAway ?? .spool, in: connection)
            }
            session.output.write(format.text(id: id, token: token))
        }
    }

    struct Rotate: OperatorCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a successor of a key; both are valid until the grace period is over.")

        @Argument(help: "Id of the key, from `tocsin keys list`.")
        var id: KeyID

        @Option(help: "How long the old key stays valid: 90s, 30m, 24h, 7d.")
        var grace = TimeSpan(seconds: 86_400)

        @OptionGroup var format: TokenFormat

        func run(in session: Session) async throws {
            let now = session.now
            let made = try await session.transaction {
                try await KeyStore.rotate(id, graceEnds: now.adding(seconds: grace.seconds), now: now, in: $0)
            }
            guard let (newID, token) = made else { throw OperatorFailure.notFound("there is no valid key \(id)") }
            session.output.write(format.text(id: newID, token: token))
        }
    }

    struct Revoke: OperatorCommand {
        static let configuration = CommandConfiguration(abstract: "Ends a key at once.")

        @Argument(help: "Id of the key, from `tocsin keys list`.")
        var id: KeyID

        func run(in session: Session) async throws {
            let now = session.now
            guard try await session.transaction({ try await KeyStore.revoke(id, now: now, in: $0) }) else {
                throw OperatorFailure.notFound("there is no key \(id), or it was revoked before")
            }
            session.output.write("revoked \(id)")
        }
    }
}

extension AccessToken.Kind: ExpressibleByArgument {}

extension BrokerAwayPolicy: ExpressibleByArgument {}

extension Identifier: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
