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

    func run(_ work: BatchWork, _ advance: OffsetAdvance) async -> Outcome {
        do {
            let rows = try await pool.withTransaction { connection in
                guard try await advance.apply(in: connection) else { throw BatchFailure.Fenced() }
                let facts = work.records.isEmpty ? [] : try await handler.handle(work.records, in: connection, now: clock())
                try await DeadLetters.insert(work.unfit, group: group, clusterID: advance.clusterID, in: connection)
                let rows = try await Outbox.insert(facts, in: connection)
                CrashPoint.batchWritten.reach()
                return rows
            }
            return .committed(rows)
        } catch {
            return .failed(BatchFailure(error))
        }
    }
}
