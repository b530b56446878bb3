import Grouping
import Models
import Postgres
import Store

/// Reads what a batch of signals needs, decides, and writes: within the caller's transaction.
///
/// Another replica may open an incident of the same group, or insert the same alert, between our reading and our writing. The unique
/// indexes notice; then everything back to a savepoint is undone and planned anew from what is there now.
struct GroupingTransaction: Sendable {
    private static let attempts = 4

    let onConflict: @Sendable () -> Void

    /// - Parameter touches: repeats that the alerts' rows do not tell of yet.
    func apply(
        _ signals: [Signal], _ policies: [TeamID: TeamPolicy], touches: [AlertTouch] = [], now: Timestamp,
        in connection: PostgresConnection
    ) async throws -> GroupingChanges {
        let touches = Dictionary(touches.map { ($0.id, $0) }) { first, _ in first }
        var attempt = 1
        while true {
            let changes = try await plan(signals, policies, touches, now: now, in: connection)
            guard changes.mayCollide else {
                GroupingTransaction.write(changes, in: connection)
                return changes
            }
            savepoint(connection)
            do {
                let inserted = GroupingTransaction.write(changes, in: connection)
                try await connection.flush()
                guard try inserted?.rows().affected ?? 0 == changes.newAlerts.count else { throw AlertStore.InsertedMeanwhile() }
                return changes
            } catch let error where attempt < GroupingTransaction.attempts && GroupingTransaction.isCollision(error) {
                attempt += 1
                onConflict()
                try await rollBackToSavepoint(connection)
            }
        }
    }

    private func plan(
        _ signals: [Signal], _ policies: [TeamID: TeamPolicy], _ touches: [Alert.ID: AlertTouch], now: Timestamp,
        in connection: PostgresConnection
    ) async throws -> GroupingChanges {
        let rows = try await AlertStore.lock(Set(signals.map(\.alertID)).sorted(), in: connection)
        let alerts = touches.isEmpty ? rows : rows.map { alert in touches[alert.id].map(alert.touched(by:)) ?? alert }
        let needs = BatchNeeds(of: signals, alerts: alerts)
        let incidents = try await GroupIncidents.lock(needs, in: connection)
        var batch = GroupingBatch(state: GroupState(policies: policies, alerts: alerts, incidents: incidents), now: now)
        batch.take(signals)
        let count = batch.newIncidents
        return batch.changes(numbers: count == 0 ? [] : try await IncidentStore.nextNumbers(count, in: connection))
    }

    /// Leaves all rows to the next round trip, that of COMMIT at the latest. Incidents first: alerts refer to them.
    /// - Returns: the answer to the insertion of new alerts; fewer rows than alerts mean that another transaction inserted one meanwhile.
    @discardableResult
    static func write(_ changes: GroupingChanges, in connection: PostgresConnection) -> PostgresAnswer? {
        IncidentStore.save(changes.events, in: connection)
        let inserted = AlertStore.insert(changes.newAlerts, in: connection)
        AlertStore.update(changes.changedAlerts, in: connection)
        AlertStore.note(changes.occurrences, in: connection)
        return inserted
    }

    private static func isCollision(_ error: any Error) -> Bool {
        switch error {
        case is AlertStore.InsertedMeanwhile: true
        case let error as PostgresError: error.isUniqueViolation
        default: false
        }
    }

    private func savepoint(_ connection: PostgresConnection) {
        connection.queue(
            """
            -- grouping savepoint
            SAVEPOINT grouping
            """)
    }

    private func rollBackToSavepoint(_ connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            -- grouping rollback
            ROLLBACK TO SAVEPOINT grouping
            """)
    }
}

extension GroupingChanges {
    /// Whether another replica may be writing the same: a new alert, or an incident that takes a grouping key.
    fileprivate var mayCollide: Bool { !newAlerts.isEmpty || events.contains { $0.kind == .opened || $0.kind == .reopened } }
}
