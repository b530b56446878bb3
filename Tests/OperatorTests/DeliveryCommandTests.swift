import JSON
import Models
import TestKit
import Testing

@testable import tocsin

/// Messages that did not arrive, from the ledger to the eye and back into the queue.
@Suite(.timeLimit(.minutes(10))) struct DeliveryCommandTests {
    private static let dead = "11111111-1111-4111-8111-111111111111"
    private static let doubtful = "22222222-2222-4222-8222-222222222222"
    private static let sent = "33333333-3333-4333-8333-333333333333"

    /// One incident of three events through one channel: dead, in doubt, sent.
    private func withLedger(_ body: (_ environment: [String: String], _ url: String) async throws -> Void) async throws {
        try await withTestDatabase { url in
            let environment = ["DATABASE_URL": url, "USER": "ada"]
            try #require(await tocsin("migrate", "up", environment: environment).code == 0)
            try await runSQL(
                """
                WITH team AS (INSERT INTO teams (slug, name) VALUES ('ops', 'Ops') RETURNING id), incident AS (
                    INSERT INTO incidents (id, team_id, number, title, description, status, severity, grouping_key, labels, created_at,
                        updated_at, sequence, alert_count, firing_count)
                    SELECT gen_random_uuid(), id, 7, 'x', '', 'open', 'high', 'k', '{}', now(), now(), 3, 1, 1 FROM team
                    RETURNING id, team_id
                ), channel AS (
                    INSERT INTO notification_channels (team_id, name, type, config) SELECT id, 'chat', 'slack', '{}' FROM team RETURNING id
                )
                INSERT INTO deliveries (id, team_id, incident_id, sequence, channel_id, kind, event, state, attempts, next_attempt_at,
                    last_error, finished_at, resends, in_doubt_since)
                SELECT v.id::uuid, i.team_id, i.id, v.sequence, c.id, 'opened', '{}', v.state, v.attempts, now() - interval '1 hour',
                    v.error, now(), v.resends, CASE WHEN v.state = 'in_doubt' THEN now() END
                FROM incident i, channel c, (VALUES
                    ('\(Self.dead)', 1, 'dead', 10, 'serverError (503)', 0), ('\(Self.doubtful)', 2, 'in_doubt', 2, 'timeout', 1),
                    ('\(Self.sent)', 3, 'sent', 1, NULL, 0)) AS v (id, sequence, state, attempts, error, resends)
                """, at: url)
            try await body(environment, url)
        }
    }

    @Test("What did not arrive for certain is listed, with its reason")
    func list() async throws {
        try await withLedger { environment, _ in
            let list = try await tocsin("deliveries", "list", "--team", "ops", "--json", environment: environment).json()
            #expect(Set(list.elements.map { $0["id"]?.string }) == [Self.dead, Self.doubtful])
            let table = await tocsin("deliveries", "list", environment: environment)
            #expect(table.out.contains("serverError (503)") && table.out.contains("#7") && !table.out.contains(Self.sent))
            let sent = await tocsin("deliveries", "list", "--state", "sent", environment: environment)
            #expect(sent.out.contains(Self.sent) && !sent.out.contains(Self.dead))
            #expect(await tocsin("deliveries", "list", "--state", "lost", environment: environment).code == 64)
            #expect(await tocsin("deliveries", "list", "--team", "nobody", environment: environment).code == 2)
        }
    }

    @Test("A message that is put back is due at once, with a new schedule, and its attempts say by whom")
    func requeue() async throws {
        try await withLedger { environment, url in
            let run = await tocsin("deliveries", "requeue", Self.dead, Self.doubtful, "--out-of-order", environment: environment)
            #expect(run.code == 0, "\(run.err)")
            let check = """
                DO $$ BEGIN
                    ASSERT (SELECT count(*) FROM deliveries WHERE state = 'pending' AND next_attempt_at <= now() AND finished_at IS NULL
                        AND attempts_before = attempts) = 2;
                    ASSERT (SELECT attempts = 11 AND resends = 0 FROM deliveries WHERE id = '\(Self.dead)');
                    ASSERT (SELECT attempts = 3 AND resends = 2 AND in_doubt_since IS NOT NULL FROM deliveries
                        WHERE id = '\(Self.doubtful)');
                    ASSERT (SELECT string_agg(attempt || outcome || error, ',' ORDER BY attempt) FROM delivery_attempts)
                        = '3requeuedperson:ada,11requeuedperson:ada';
                END $$
                """
            try await runSQL(check, at: url)
            let again = await tocsin("deliveries", "requeue", Self.dead, "--out-of-order", environment: environment)
            #expect(again.code == 2 && again.err.contains("is pending"))
        }
    }

    @Test("What would confuse or be in vain is refused, and then nothing is put back")
    func refusals() async throws {
        try await withLedger { environment, url in
            let late = await tocsin("deliveries", "requeue", Self.dead, environment: environment)
            #expect(late.code == 2 && late.err.contains("--out-of-order"))
            let mixed = await tocsin("deliveries", "requeue", Self.dead, Self.sent, "--out-of-order", environment: environment)
            #expect(mixed.code == 2 && mixed.err.contains("is sent"))
            let unknown = await tocsin("deliveries", "requeue", "99999999-9999-4999-8999-999999999999", environment: environment)
            #expect(unknown.code == 2)
            #expect(await tocsin("deliveries", "requeue", environment: environment).code == 64)
            #expect(await tocsin("channels", "disable", "chat", environment: environment).code == 0)
            let off = await tocsin("deliveries", "requeue", Self.dead, "--out-of-order", environment: environment)
            #expect(off.code == 2 && off.err.contains("channels enable"))
            try await runSQL(
                "DO $$ BEGIN ASSERT (SELECT count(*) FROM deliveries WHERE state IN ('dead', 'in_doubt')) = 2; END $$", at: url)
        }
    }
}
