import ArgumentParser
import Kafka
import Models
import Postgres

extension DeadLetters {
    struct Redrive: OperatorCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publishes the original record to the topic it came from.",
            discussion: """
                The bytes, key and headers are those that arrived. A letter is marked when Kafka has acknowledged its record; a record \
                that still cannot be handled becomes a new dead letter.
                """)

        @Argument(help: "Id of the dead letter.")
        var id: DeadLetterID?

        @Flag(help: "All that were not redriven yet, the oldest first.")
        var all = false

        @Flag(help: "Also if it was redriven before.")
        var again = false

        func validate() throws {
            guard (id == nil) == all else { throw ValidationError("give the id of one dead letter, or --all") }
            guard !again || id != nil else { throw ValidationError("--again goes with the id of one dead letter") }
        }

        /// Letters of one transaction: what is published twice at most when the process dies in between.
        static let batch = 100
        /// Less than the time after which PostgreSQL ends an idle transaction.
        private static let timeoutMilliseconds = 8_000

        func run(in session: Session) async throws {
            // Both settings are read before anything happens.
            _ = try session.settings(.database, .brokers)
            let count = try await session.withProducer { producer in
                try await session.withDatabase { pool in
                    guard let id else { return try await redriveAll(producer, pool, session) }
                    try await redrive(id, producer, pool, session)
                    return 1
                }
            }
            session.output.write(count == 0 ? "there are no dead letters to redrive" : "redriven \(count)")
        }

        private func redrive(_ id: DeadLetterID, _ producer: Producer, _ pool: PostgresPool, _ session: Session) async throws {
            try await pool.withTransaction { connection in
                guard let letter = try await DeadLetterStore.claim(id, in: connection) else {
                    throw OperatorFailure.notFound("there is no dead letter \(id)")
                }
                if let time = letter.redrivenAt, !again {
                    throw OperatorFailure.refused("it was redriven at \(time.forPeople): repeat it with --again")
                }
                try await publish([letter], producer, connection, session)
            }
        }

        private func redriveAll(_ producer: Producer, _ pool: PostgresPool, _ session: Session) async throws -> Int {
            var total = 0
            // Letters that come meanwhile, perhaps of the same records, are for the next time.
            let started = session.now
            while true {
                let count = try await pool.withTransaction { connection in
                    let letters = try await DeadLetterStore.claim(limit: Self.batch, in: connection).filter { $0.createdAt <= started }
                    if !letters.isEmpty { try await publish(letters, producer, connection, session) }
                    return letters.count
                }
                guard count > 0 else { return total }
                total += count
            }
        }

        private func publish(
            _ letters: [DeadLetterRow], _ producer: Producer, _ connection: PostgresConnection, _ session: Session
        ) async throws {
            try await producer.send(letters.map(\.original), timeoutMilliseconds: Self.timeoutMilliseconds)
            try await DeadLetterStore.markRedriven(letters.map(\.id), at: session.now, in: connection)
        }
    }
}
