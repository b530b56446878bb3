import ArgumentParser
import Models
import Postgres

extension Deliveries {
    struct Requeue: OperatorCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts dead messages, and ones in doubt, back: they are due at once, with all their attempts anew.",
            discussion: """
                Noted in the message's attempts with your name. One in doubt may arrive twice; it is counted as a resend, and the Slack bot \
                looks it up first. All are put back, or none.
                """)

        @Argument(help: "Ids of messages: tocsin deliveries list.")
        var ids: [DeliveryID]

        @Flag(help: "Also where a later message of the same incident has gone through the channel.")
        var outOfOrder = false

        func validate() throws {
            guard (1...100).contains(ids.count) else { throw ValidationError("give 1 to 100 ids") }
        }

        func run(in session: Session) async throws {
            let actor = Actor(kind: .person, name: session.variable("USER") ?? "operator")
            // In one order, so that two operators at once do not wait for each other.
            let wanted = Set(ids).sorted()
            try await session.transaction { connection in
                for id in wanted { try await requeue(id, by: actor, in: connection) }
            }
            session.output.write("put back \(wanted.count)")
        }

        private func requeue(_ id: DeliveryID, by actor: Actor, in connection: PostgresConnection) async throws {
            guard let message = try await DeliveryLedger.lock(id, in: connection) else {
                throw OperatorFailure.notFound("there is no message \(id): tocsin deliveries list")
            }
            guard [.dead, .inDoubt].contains(message.state) else {
                throw OperatorFailure.refused("\(id) is \(message.state.rawValue): only dead ones and ones in doubt are put back")
            }
            guard message.channelIsOn else {
                throw OperatorFailure.refused("\(id): the channel is off: tocsin channels enable \(Printable.line(message.channel))")
            }
            guard outOfOrder || !message.laterWasSent else {
                throw OperatorFailure.refused("\(id): a later message of its incident has gone through the channel: add --out-of-order")
            }
            try await DeliveryLedger.requeue(id, by: actor, in: connection)
        }
    }
}
