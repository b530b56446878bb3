import Models
import TestKit
import Testing

@testable import tocsin

/// What a drill reads from the database, with the rows that the services would have written.
@Suite(.timeLimit(.minutes(10))) struct DrillStoreTests {
    private static let team = "11111111-1111-4111-8111-111111111111"
    private static let incident = "22222222-2222-4222-8222-222222222222"

    private static let rows = """
        INSERT INTO teams (id, slug, name) VALUES ('\(team)', 'ops', 'Ops');
        INSERT INTO incidents (id, team_id, number, title, severity, grouping_key, created_at, updated_at, sequence)
        VALUES ('\(incident)', '\(team)', 7, 'Fire drill', 'critical', 'service=fire-drill-ab12', now(), now(), 1);
        INSERT INTO alerts (team_id, fingerprint, source, status, severity, starts_at, labels, grouping_key, incident_id, last_seen_at,
            created_at, updated_at)
        VALUES ('\(team)', 'fire-drill-ab12', 'generic', 'firing', 'critical', now(), '{"fire_drill": "ab12"}', 'service=fire-drill-ab12',
            '\(incident)', now(), now(), now());
        INSERT INTO notification_channels (team_id, name, type, config, enabled) VALUES
            ('\(team)', 'chat', 'slack', '{}', true), ('\(team)', 'mail', 'email', '{}', true), ('\(team)', 'off', 'slack', '{}', false);
        """

    private static let deliveries = """
        INSERT INTO consumer_progress (consumer_group, team_id, incident_id, sequence) VALUES ('notifier', '\(team)', '\(incident)', 1);
        INSERT INTO deliveries (team_id, incident_id, sequence, channel_id, kind, event, state, attempts, next_attempt_at, provider_id,
            finished_at)
        SELECT '\(team)', '\(incident)', 1, id, 'opened', '{}', 'sent', 2, now(), 'p-1', now() + interval '250 milliseconds'
        FROM notification_channels WHERE name = 'chat';
        INSERT INTO deliveries (team_id, incident_id, sequence, channel_id, kind, event, state, next_attempt_at)
        SELECT '\(team)', '\(incident)', 2, id, 'resolved', '{}', 'pending', now() FROM notification_channels WHERE name = 'chat';
        """

    @Test("The drill's own incident is found; receipts cover every channel that is on, and only those")
    func receipts() async throws {
        try await withTestDatabase { url in
            let session = Session(environment: ["DATABASE_URL": url], output: Output(hasColour: false, out: { _ in }, error: { _ in }))
            try #require(await tocsin("migrate", "up", environment: session.environment).code == 0)
            try await runSQL(Self.rows, at: url)
            let team = try #require(TeamID(Self.team))
            let drill = DrillAlert(id: "ab12", severity: .critical, extraLabels: [:], startedAt: Timestamp(seconds: 0))
            let stranger = DrillAlert(id: "cd34", severity: .critical, extraLabels: [:], startedAt: Timestamp(seconds: 0))
            let (found, other, before) = try await session.withDatabase { pool in
                let found = try await DrillStore.incident(of: drill, team: team, in: pool)
                let other = try await DrillStore.incident(of: stranger, team: team, in: pool)
                let id = try #require(found).id
                return (found, other, try await DrillStore.report(incident: id, team: team, since: Timestamp(seconds: 0), in: pool))
            }
            #expect(found?.number == 7 && found?.status == .open)
            #expect(other == nil)
            #expect(!before.isPlanned && !before.isFinished)
            let id = try #require(found).id
            let start = try await session.withDatabase { try await DrillStore.now(in: $0) }
            try await runSQL(Self.deliveries, at: url)
            let after = try await session.withDatabase { try await DrillStore.report(incident: id, team: team, since: start, in: $0) }
            #expect(after.isPlanned && after.isFinished && !after.isPassed)
            #expect(after.receipts.map(\.channel) == ["chat", "mail"])
            #expect(after.receipts.map { after.word(of: $0) } == ["sent", "not routed"])
            #expect(after.receipts[0].providerID == "p-1")
            #expect((after.receipts[0].milliseconds ?? 0) >= 250)
        }
    }
}
