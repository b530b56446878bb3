import Models
import Postgres
import Store

extension PlanStore {
    /// Locks the resolutions of the incidents that come back in this batch, so that none of them is claimed between the look at the
    /// ledger and its withdrawal: people would be told that it is over, and not that it is back. Claims pass over what is locked.
    static func lockHolds(of events: [IncidentEvent], in connection: PostgresConnection) async throws {
        let back = Set(events.filter { $0.kind == .reopened }.map(\.incident.id)).sorted()
        guard !back.isEmpty else { return }
        _ = try await connection.query(
            """
            -- lock holds
            SELECT id FROM deliveries
            WHERE incident_id = ANY($1::uuid[]) AND kind = 'resolved' AND state = 'pending' AND attempts = 0
            ORDER BY id FOR UPDATE
            """, [back])
    }
}
