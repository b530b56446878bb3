import Metrics
import Models
import Postgres
import ServiceKit

/// What the ledger holds and what rests, for the gauges.
struct LedgerGauges: Sendable {
    let runtime: Runtime
    let queue: DeliveryQueue

    func refresh() async throws {
        NotifierMetrics.inFlight.gauge().record(queue.total)
        let row = try await runtime.pool.query(
            """
            -- ledger gauges
            SELECT count(*) FILTER (WHERE next_attempt_at <= now()) AS due, count(*) FILTER (WHERE next_attempt_at > now()) AS waiting,
                coalesce(extract(epoch FROM now() - min(next_attempt_at)), 0)::double precision AS oldest,
                (SELECT count(*) FROM notification_channels WHERE enabled AND paused_until > now()) AS paused
            FROM deliveries WHERE state = 'pending'
            """
        ).first
        guard let row else { return }
        NotifierMetrics.due.gauge().record(try row.int("due"))
        NotifierMetrics.waiting.gauge().record(try row.int("waiting"))
        NotifierMetrics.oldestDue.gauge().record(max(0, try row.double("oldest")))
        NotifierMetrics.pausedChannels.gauge().record(try row.int("paused"))
    }
}
