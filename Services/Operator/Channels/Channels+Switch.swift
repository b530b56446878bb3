import ArgumentParser
import Models
import Postgres
import Store

extension Channels {
    struct Enable: OperatorCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switches a channel on, and ends the rest it takes after failures.")

        @OptionGroup var selection: Selection

        func run(in session: Session) async throws {
            try await session.transaction { connection in
                try await ChannelSwitch.set(try await selection.find(in: connection).id, isOn: true, in: connection)
            }
            session.output.write("enabled \(Printable.line(selection.name))")
        }
    }

    struct Disable: OperatorCommand {
        static let configuration = CommandConfiguration(abstract: "Switches a channel off; it keeps its settings and its history.")

        @OptionGroup var selection: Selection

        func run(in session: Session) async throws {
            try await session.transaction { connection in
                try await ChannelSwitch.set(try await selection.find(in: connection).id, isOn: false, in: connection)
            }
            session.output.write("disabled \(Printable.line(selection.name))")
        }
    }

    struct Remove: OperatorCommand {
        static let configuration = CommandConfiguration(abstract: "Removes a channel and the record of what it delivered.")

        @OptionGroup var selection: Selection

        func run(in session: Session) async throws {
            try await session.transaction { connection in
                let channel = try await selection.find(in: connection)
                guard try await ChannelStore.remove(channel.id, team: channel.teamID, in: connection) else {
                    throw OperatorFailure.notFound("the channel is gone already")
                }
            }
            session.output.write("removed \(Printable.line(selection.name))")
        }
    }
}

/// The switch of a channel in `notification_channels`.
enum ChannelSwitch {
    static func set(_ channel: ChannelID, isOn: Bool, in connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            -- switch channel
            UPDATE notification_channels SET enabled = $2, consecutive_failures = 0, paused_until = NULL, updated_at = now() WHERE id = $1
            """, [channel, isOn])
    }
}
