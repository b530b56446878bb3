import Kafka
import Models
import Postgres

/// The one transaction of a batch: offsets, state, outbox and dead letters, all or nothing.
struct BatchTransaction: Sendable {
    enum Outcome: Sendable {
        case committed([OutboxRow])
        case failed(BatchFailure)
    }

    let pool: PostgresPool
    let group: String
    let handler: any BatchHandler
    let clock: @Sendable () -> Timestamp

    /// Offsets go out with the handler's first question, dead letters, facts and COMMIT with its last statements: a batch whose handler
    /// reads once takes two round trips.
    func run(_ work: BatchWork, _ advance: OffsetAdvance) async -> Outcome {
        do {
            let entry = try await pool.withTransaction(retryingUniqueViolations: true) { connection in
                advance.queue(in: connection)
                let facts = work.records.isEmpty ? [] : try await handler.handle(work.records, in: connection, now: clock())
                DeadLetters.queue(work.unfit, group: group, clusterID: advance.clusterID, in: connection)
                let entry = Outbox.queue(facts, in: connection)
                if CrashPoint.batchWritten.isArmed { try await connection.flush() }
                CrashPoint.batchWritten.reach()
                return entry
            }
            return .committed(entry.committedRows())
        } catch {
            return .failed(BatchFailure(error))
        }
    }
}
