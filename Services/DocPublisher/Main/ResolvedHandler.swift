import Kafka
import Metrics
import Models
import Postgres
import Publishing
import ServiceKit
import Store

/// Turns each resolution of an incident into a document to write.
struct ResolvedHandler: BatchHandler {
    static let group = "doc-publisher"

    let delaySeconds: Int
    let wakeup: Wakeup

    func handle(_ records: [IncomingRecord], in connection: PostgresConnection, now: Timestamp) async throws -> [Fact] {
        let events = try records.enumerated().map { index, record in
            do { return try IncidentEvent(decoding: record.value) } catch {
                throw PoisonRecord(index: index, reason: "not an incident event: \(error)")
            }
        }
        let fresh = try await ProgressStore.unseen(events, by: ResolvedHandler.group, in: connection)
        try await JobStore.add(fresh.filter { $0.kind == .resolved }, due: now.adding(seconds: delaySeconds), in: connection)
        return []
    }

    func committed(_ records: [IncomingRecord]) async { wakeup.wake() }
}
