import ArgumentParser
import JSON
import Models
import Postgres
import Store

/// `tocsin teams`
struct Teams: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Creates teams and shows them; how a team's alerts are grouped.",
        discussion: "Everything belongs to a team: keys, alerts, incidents, channels. Teams do not see each other.",
        subcommands: [Create.self, List.self, Grouping.self])

    struct Create: OperatorCommand {
        static let configuration = CommandConfiguration(abstract: "Creates a team and prints its id.")

        @Argument(help: "Short name for commands: small letters, digits and dashes, at most 63 characters.")
        var slug: String

        @Option(help: "Name for people.")
        var name: String

        @Option(help: ArgumentHelp("Seconds between the end of an incident's last alert and its own.", valueName: "seconds"))
        var resolveHold = TeamSettings().resolveHoldSeconds

        @Option(
            help: ArgumentHelp(
                "Seconds after its end in which a new alert reopens an incident instead of making another; 0: never.", valueName: "seconds")
        )
        var reopenWindow = TeamSettings().reopenWindowSeconds

        @Flag(help: "Do nothing, successfully, when the team exists.")
        var ifAbsent = false

        func validate() throws {
            guard TeamSlug.isValid(slug) else {
                throw ValidationError("'\(slug)' is no team slug: small letters, digits and dashes, at most 63, not beginning with a dash")
            }
            guard (1...200).contains(name.count) else { throw ValidationError("--name must have 1 to 200 characters") }
            try check(resolveHold, TeamSettings.resolveHoldRange, "--resolve-hold")
            try check(reopenWindow, TeamSettings.reopenWindowRange, "--reopen-window")
        }

        private func check(_ value: Int, _ range: ClosedRange<Int>, _ option: String) throws {
            guard range.contains(value) else {
                throw ValidationError("\(option) must be from \(range.lowerBound) to \(range.upperBound) seconds")
            }
        }

        func run(in session: Session) async throws {
            let settings = TeamSettings(resolveHoldSeconds: resolveHold, reopenWindowSeconds: reopenWindow)
            let existing = try await session.transaction { try await TeamStore.find(slug: slug, in: $0) }
            if let existing { return try report(existing, session) }
            do {
                let id = try await session.transaction {
                    try await TeamStore.create(slug: slug, name: name, settings: settings, in: $0)
                }
                session.output.write("\(id)")
            } catch let error as PostgresError where error.isUniqueViolation {
                // Somebody else made it in between.
                guard let team = try await session.transaction({ try await TeamStore.find(slug: slug, in: $0) }) else { throw error }
                try report(team, session)
            }
        }

        private func report(_ team: Team, _ session: Session) throws {
            guard ifAbsent else { throw OperatorFailure.refused("there is a team \(slug) already (\(team.id))") }
            session.output.write("\(team.id)")
        }
    }

    struct List: OperatorCommand {
        static let configuration = CommandConfiguration(abstract: "Shows every team.")

        @Flag(help: "JSON instead of a table.")
        var json = false

        func run(in session: Session) async throws {
            let teams = try await session.transaction { try await TeamStore.list(in: $0) }
            if json { return session.output.write(json: Self.json(teams)) }
            var table = Table("SLUG", "NAME", "RESOLVE HOLD", "REOPEN WINDOW", "CREATED", "ID")
            for team in teams {
                table.add(
                    team.slug, team.name, "\(team.settings.resolveHoldSeconds) s", "\(team.settings.reopenWindowSeconds) s",
                    team.createdAt.forPeople, "\(team.id)")
            }
            session.output.write(table, whenEmpty: "there are no teams: tocsin teams create SLUG --name NAME")
        }

        private static func json(_ teams: [Team]) -> [UInt8] {
            var writer = JSONWriter()
            writer.array { writer in
                for team in teams {
                    writer.object { writer in
                        writer.field("id", team.id.description)
                        writer.field("slug", team.slug)
                        writer.field("name", team.name)
                        writer.field("resolveHoldSeconds", team.settings.resolveHoldSeconds)
                        writer.field("reopenWindowSeconds", team.settings.reopenWindowSeconds)
                        writer.field("createdAt", team.createdAt.rfc3339)
                    }
                }
            }
            return writer.bytes
        }
    }
}

/// What the table `teams` takes as a slug.
enum TeamSlug {
    static func isValid(_ text: String) -> Bool {
        func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (1...63).contains(text.utf8.count), let first = text.utf8.first, isLetterOrDigit(first) else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }
}

extension TeamStore {
    /// - Throws: exit code 2 when there is no such team.
    static func required(slug: String, in connection: PostgresConnection) async throws -> Team {
        guard let team = try await find(slug: slug, in: connection) else {
            throw OperatorFailure.notFound("there is no team \(Printable.line(slug)): tocsin teams list")
        }
        return team
    }
}
