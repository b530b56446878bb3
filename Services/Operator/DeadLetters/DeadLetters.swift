import ArgumentParser
import Models

/// `tocsin deadletters`
struct DeadLetters: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deadletters",
        abstract: "Shows records that a service could not handle, and hands them in again.",
        discussion: """
            A record that cannot be read, or that a service fails on for good, is put aside so that it does not hold up the others. \
            After the cause is mended, redrive publishes the original record to the topic it came from.
            """,
        subcommands: [List.self, Show.self, Redrive.self])

    struct List: OperatorCommand {
        static let configuration = CommandConfiguration(abstract: "Shows the newest dead letters.")

        @Flag(help: "Also those that were redriven.")
        var all = false

        @Option(help: "How many at most.")
        var limit = 50

        @Flag(help: "JSON instead of a table.")
        var json = false

        func validate() throws {
            guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000") }
        }

        func run(in session: Session) async throws {
            let letters = try await session.transaction { try await DeadLetterStore.list(includingRedriven: all, limit: limit, in: $0) }
            if json { return session.output.write(json: DeadLetterText.json(letters)) }
            var table = Table("ID", "WHEN", "STATE", "SERVICE", "RECORD", "BYTES", "REASON")
            for letter in letters {
                table.add(
                    "\(letter.id)", letter.createdAt.forPeople, letter.state, letter.consumerGroup, letter.place, "\(letter.value.count)",
                    String(letter.reason.prefix(100)))
            }
            session.output.write(table, whenEmpty: "there are no dead letters")
        }
    }

    struct Show: OperatorCommand {
        static let configuration = CommandConfiguration(abstract: "Shows one dead letter with its key, headers and content.")

        @Argument(help: "Id of the dead letter.")
        var id: DeadLetterID

        @Flag(help: "JSON; a content that is no JSON is in base64.")
        var json = false

        func run(in session: Session) async throws {
            guard let letter = try await session.transaction({ try await DeadLetterStore.find(id, in: $0) }) else {
                throw OperatorFailure.notFound("there is no dead letter \(id)")
            }
            if json { session.output.write(json: DeadLetterText.json(letter)) } else { session.output.write(DeadLetterText.text(letter)) }
        }
    }
}
