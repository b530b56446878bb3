import Grouping
import Models
import Postgres
import ServiceKit
import Store

/// The timers of the grouper: rows with a due time, which any replica may claim.
struct DuePasses: Sendable {
    let runtime: Runtime
    let limit: Int
    /// How long a row may lag behind the repeats of its alert: it is not claimed earlier than so long after its expiry.
    let slackSeconds: Int
    let expiry: ExpiryControl
    let metrics: GrouperMetrics

    /// Alerts that nobody refreshed resolve, as if their sender had said so.
    /// - Returns: how many.
    @Sendable func expireAlerts(now: Timestamp) async throws -> Int {
        guard expiry.mayBeOpen(at: now), try await AlertStore.hasExpired(before: now.adding(seconds: -slackSeconds), in: runtime.pool),
            await expiry.isBrokerThere(at: now)
        else { return 0 }
        let changes = try await runtime.transaction { [limit, slackSeconds] connection in
            let changes = try await DuePasses.expire(before: now, slackSeconds: slackSeconds, limit: limit, in: connection)
            return (changes, changes.events.map { $0.fact(from: GrouperServices.name) })
        }
        metrics.count(changes)
        metrics.expired(changes.alerts.count)
        return changes.alerts.count
    }

    static func expire(
        before now: Timestamp, slackSeconds: Int = 0, limit: Int, in connection: PostgresConnection
    ) async throws -> GroupingChanges {
        let alerts = try await AlertStore.claimExpired(before: now.adding(seconds: -slackSeconds), limit: limit, in: connection)
        let needs = BatchNeeds(incidentsOf: alerts)
        let incidents = try await GroupIncidents.lock(needs, in: connection)
        let policies = try await PolicyStore.policies(of: Set(alerts.map(\.id.teamID)), in: connection)
        var batch = GroupingBatch(state: GroupState(policies: policies, alerts: alerts, incidents: incidents), now: now)
        batch.expire()
        let changes = batch.changes(numbers: [])
        GroupingTransaction.write(changes, in: connection)
        return changes
    }

    /// Incidents whose hold has passed without a new firing resolve.
    /// - Returns: how many.
    @Sendable func resolveIncidents(now: Timestamp) async throws -> Int {
        let changes = try await runtime.transaction { [limit] connection in
            let changes = try await DuePasses.resolveDue(before: now, limit: limit, in: connection)
            return (changes, changes.events.map { $0.fact(from: GrouperServices.name) })
        }
        metrics.count(changes)
        return changes.events.count
    }

    static func resolveDue(before now: Timestamp, limit: Int, in connection: PostgresConnection) async throws -> GroupingChanges {
        let incidents = try await GroupIncidents.claimDue(before: now, limit: limit, in: connection)
        var batch = GroupingBatch(state: GroupState(incidents: incidents), now: now)
        batch.resolveDue()
        let changes = batch.changes(numbers: [])
        GroupingTransaction.write(changes, in: connection)
        return changes
    }
}
