import ArgumentParser
import JSON
import Models
import Store

extension Teams {
    /// `tocsin teams grouping`
    struct Grouping: OperatorCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows or replaces the ordered rules that make incidents of alerts.",
            discussion: """
                The first rule whose labels an alert has, and whose conditions hold, decides: alerts with the same values are one \
                incident. A team without rules has the standard ones: by service, else by instance, else by alertname.

                A rule is words with blanks between:
                  by=LABEL,LABEL       labels whose values make the group; needed
                  match=CONDITION      must hold; may be repeated; env="prod", env!=dev, service=~check.*|cart, team!~ops.*
                  window=SECONDS       an incident that saw no change for longer takes no new alert; 0: no limit

                tocsin teams grouping shop --rule 'by=service,region match=env="prod" window=3600' --rule 'by=service'
                """)

        @Argument(help: "The team's short name.")
        var slug: String

        @Option(
            name: .customLong("rule"),
            help: ArgumentHelp("A rule; those given, in this order, replace all rules there are.", valueName: "rule"))
        var rules: [String] = []

        @Flag(help: "Removes the team's rules: the standard ones hold again.")
        var reset = false

        @Flag(help: "JSON instead of a table.")
        var json = false

        func validate() throws {
            guard !reset || rules.isEmpty else { throw ValidationError("--reset and --rule exclude each other") }
            for rule in rules { _ = try parsed(rule) }
        }

        private func parsed(_ text: String) throws -> GroupingRule {
            do { return try GroupingRuleText.parse(text) } catch { throw ValidationError("--rule '\(text)': \(error.reason)") }
        }

        func run(in session: Session) async throws {
            let wanted = try rules.map(parsed)
            let (found, isOwn) = try await session.transaction { connection in
                let team = try await TeamStore.required(slug: slug, in: connection)
                if reset || !wanted.isEmpty { try await GroupingRuleStore.replace(wanted, of: team.id, in: connection) }
                let own = try await TeamStore.groupingRules(in: connection)[team.id]
                return (own ?? .standard, own != nil)
            }
            show(found.rules, isOwn: isOwn, session)
        }

        private func show(_ rules: [GroupingRule], isOwn: Bool, _ session: Session) {
            if json { return session.output.write(json: Self.json(rules, isOwn: isOwn)) }
            var table = Table("ORDER", "RULE", "")
            for (index, rule) in rules.enumerated() {
                table.add("\(index + 1)", GroupingRuleText.text(of: rule), isOwn ? "" : "standard")
            }
            session.output.write(table, whenEmpty: "no rules")
        }

        private static func json(_ rules: [GroupingRule], isOwn: Bool) -> [UInt8] {
            var writer = JSONWriter()
            writer.object { writer in
                writer.field("standard", !isOwn)
                writer.key("rules")
                writer.array { writer in
                    for rule in rules {
                        writer.object { writer in
                            writer.field("by", strings: rule.by)
                            writer.field("match", strings: rule.matchers.map(\.description))
                            writer.field("windowSeconds", rule.windowSeconds)
                        }
                    }
                }
            }
            return writer.bytes
        }
    }
}
