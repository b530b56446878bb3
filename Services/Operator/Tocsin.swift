import ArgumentParser
import ServiceKit

/// The root of all commands.
struct Tocsin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tocsin",
        abstract: "Sets up and looks into an installation of Tocsin.",
        discussion: """
            Settings come from the environment:
              DATABASE_URL             postgresql://user:password@host/database
              DATABASE_URL_FILE        a file that holds it
              KAFKA_BROKERS            host:port,host:port
              TOCSIN_KAFKA_PROPERTIES  for TLS and SASL: name=value;name=value
              TOCSIN_GATEWAY_URL       for fire-drill: http://host:8080
              TOCSIN_INGEST_KEY        for fire-drill: a key of the team
              NO_COLOR                 no colours, whatever the terminal

            Exit codes:
              0   done
              1   failed
              2   not found, or refused because of what is there
              3   verify: nothing lost, but messages are in doubt
              64  the command line is wrong
              69  PostgreSQL, Kafka or the gateway cannot be reached, or the
                  database's schema is not migrated
              78  a setting is missing or wrong

            Shell completion (bash, zsh or fish):
              tocsin --generate-completion-script bash
            """,
        version: Build.version,
        subcommands: [
            Migrate.self, Teams.self, Keys.self, Channels.self, Topics.self, Tail.self, DeadLetters.self, Deliveries.self, FireDrill.self,
            Verify.self,
        ])
}
