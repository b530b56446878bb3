import ArgumentParser
import Kafka
import Models

/// `tocsin topics`
struct Topics: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the Kafka topics and creates them.", subcommands: [List.self, Create.self], defaultSubcommand: List.self)

    struct List: OperatorCommand {
        static let configuration = CommandConfiguration(abstract: "Shows the topics as this release wants them.")

        @Flag(help: "Only name:partitions, one topic a line, for scripts.")
        var plain = false

        func run(in session: Session) async throws {
            if plain { return session.output.write(Topic.all.map { "\($0.name):\($0.partitions)" }.joined(separator: "\n")) }
            var table = Table("TOPIC", "PARTITIONS", "KEPT", "KEY", "WRITTEN BY", "ONE RECORD IS")
            for topic in Topic.all {
                table.add(topic.name, "\(topic.partitions)", "\(topic.retentionHours / 24) d", topic.key, topic.writers, topic.holds)
            }
            session.output.write(table, whenEmpty: "")
        }
    }
}
