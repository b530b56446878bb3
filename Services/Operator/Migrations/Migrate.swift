import ArgumentParser
import JSON
import Models
import Store

/// `tocsin migrate`
struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings the database's schema up to date, or back.",
        discussion: """
            Services refuse to start with an older schema. Migrators exclude each other: several may run at once.
            """,
        subcommands: [Up.self, Down.self, Status.self])

    struct Up: OperatorCommand {
        static let configuration = CommandConfiguration(abstract: "Applies what is missing; changes nothing when nothing is.")

        func run(in session: Session) async throws {
            let applied = try await session.withMigrationConnection { try await Migrator().up($0) }
            for migration in applied { session.output.write("applied  \(migration.version)  \(migration.name)") }
            if applied.isEmpty { session.output.write("the schema is up to date (version \(Migration.latestVersion))") }
        }
    }

    struct Down: OperatorCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes the newest steps back. The data in what they made is lost.",
            discussion: "For going back to an earlier release; stop the services first. --to 0 removes everything.")

        @Option(help: ArgumentHelp("The version to go back to; it stays applied.", valueName: "version"))
        var to: Int

        @Flag(help: "Really do it. Without this, the command says what it would remove and exits with 2.")
        var yes = false

        func validate() throws {
            guard (0...Migration.latestVersion).contains(to) else {
                throw ValidationError("--to must be a version from 0 to \(Migration.latestVersion)")
            }
        }

        func run(in session: Session) async throws {
            guard yes else {
                let doomed = try await session.withMigrationConnection { try await Migrator().status($0) }
                    .filter { $0.appliedAt != nil && $0.version > to }.map { "\($0.version) (\($0.name))" }
                guard !doomed.isEmpty else { return session.output.write("there is nothing to take back") }
                throw OperatorFailure.refused(
                    "this would take back \(doomed.reversed().joined(separator: ", ")) and lose their data: repeat it with --yes")
            }
            let reverted = try await session.withMigrationConnection { try await Migrator().down($0, to: to) }
            for migration in reverted { session.output.write("reverted  \(migration.version)  \(migration.name)") }
            if reverted.isEmpty { session.output.write("there is nothing to take back") }
        }
    }

    struct Status: OperatorCommand {
        static let configuration = CommandConfiguration(abstract: "Shows each step and when it was applied.")

        @Flag(help: "JSON instead of a table.")
        var json = false

        func run(in session: Session) async throws {
            let steps = try await session.withMigrationConnection { try await Migrator().status($0) }
            if json { return session.output.write(json: Self.json(steps)) }
            var table = Table("VERSION", "NAME", "STATE", "APPLIED AT")
            for step in steps {
                table.add("\(step.version)", step.name, step.appliedAt == nil ? "missing" : "applied", step.appliedAt?.forPeople)
            }
            session.output.write(table, whenEmpty: "this build has no migrations")
        }

        private static func json(_ steps: [Migrator.Status]) -> [UInt8] {
            var writer = JSONWriter()
            writer.array { writer in
                for step in steps {
                    writer.object { writer in
                        writer.field("version", step.version)
                        writer.field("name", step.name)
                        writer.field("appliedAt", step.appliedAt?.rfc3339)
                    }
                }
            }
            return writer.bytes
        }
    }
}
