import Grouping
import Models
import Postgres
import Store

/// SQL of alerts and their history.
enum AlertStore {
    /// Another transaction inserted one of the alerts after we had looked.
    struct InsertedMeanwhile: Error {}

    /// Reads and locks the alerts that exist.
    static func lock(_ ids: [Alert.ID], in connection: PostgresConnection) async throws -> [Alert] {
        try await connection.query(
            """
            -- lock alerts
            SELECT a.* FROM unnest($1::uuid[], $2::text[]) AS wanted (team_id, fingerprint)
            JOIN alerts AS a ON a.team_id = wanted.team_id AND a.fingerprint = wanted.fingerprint
            ORDER BY a.team_id, a.fingerprint FOR NO KEY UPDATE OF a
            """, [ids.map { $0.teamID }, ids.map { $0.fingerprint.text }]
        ).map(alert)
    }

    /// Claims firing alerts whose time is over; those that somebody else holds are passed over.
    static func claimExpired(before now: Timestamp, limit: Int, in connection: PostgresConnection) async throws -> [Alert] {
        try await connection.query(
            """
            -- claim expired alerts
            SELECT * FROM alerts WHERE status = 'firing' AND expires_at <= $1
            ORDER BY expires_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
            """, [now, limit]
        ).map(alert)
    }

    /// Whether an alert waits to be claimed. Without the order PostgreSQL reads the whole table, twice a second: not knowing the time, its
    /// plan expects every third alert to be due, so that one is soon found.
    static func hasExpired(before now: Timestamp, in pool: PostgresPool) async throws -> Bool {
        try await !pool.query(
            """
            -- any expired alert
            SELECT 1 FROM alerts WHERE status = 'firing' AND expires_at <= $1 ORDER BY expires_at LIMIT 1
            """, [now]
        ).isEmpty
    }

    /// Left to the next round trip. Alerts that exist are passed over, as the answer's count of rows tells.
    static func insert(_ alerts: [Alert], in connection: PostgresConnection) -> PostgresAnswer? {
        guard !alerts.isEmpty else { return nil }
        return connection.queue(
            """
            -- insert alerts
            INSERT INTO alerts (
                team_id, fingerprint, source, status, severity, starts_at, ends_at, expires_at, labels, annotations, generator_url,
                grouping_key, incident_id, occurrence, repeats, last_seen_at, resolve_seen_at, updated_at, created_at)
            SELECT * FROM unnest(
                $1::uuid[], $2::text[], $3::text[], $4::text[], $5::incident_severity[], $6::timestamptz[], $7::timestamptz[],
                $8::timestamptz[], $9::jsonb[], $10::jsonb[], $11::text[], $12::text[], $13::uuid[], $14::int[], $15::bigint[],
                $16::timestamptz[], $17::timestamptz[], $18::timestamptz[], $19::timestamptz[])
            ON CONFLICT (team_id, fingerprint) DO NOTHING
            """, columns(alerts) + [alerts.map { $0.createdAt }])
    }

    /// Left to the next round trip.
    static func update(_ alerts: [Alert], in connection: PostgresConnection) {
        guard !alerts.isEmpty else { return }
        connection.queue(
            """
            -- update alerts
            UPDATE alerts AS a SET
                source = n.source, status = n.status, severity = n.severity, starts_at = n.starts_at, ends_at = n.ends_at,
                expires_at = n.expires_at, labels = n.labels, annotations = n.annotations, generator_url = n.generator_url,
                grouping_key = n.grouping_key, incident_id = n.incident_id, occurrence = n.occurrence, repeats = n.repeats,
                last_seen_at = n.last_seen_at, resolve_seen_at = n.resolve_seen_at, updated_at = n.updated_at
            FROM unnest(
                $1::uuid[], $2::text[], $3::text[], $4::text[], $5::incident_severity[], $6::timestamptz[], $7::timestamptz[],
                $8::timestamptz[], $9::jsonb[], $10::jsonb[], $11::text[], $12::text[], $13::uuid[], $14::int[], $15::bigint[],
                $16::timestamptz[], $17::timestamptz[], $18::timestamptz[]
            ) AS n (
                team_id, fingerprint, source, status, severity, starts_at, ends_at, expires_at, labels, annotations, generator_url,
                grouping_key, incident_id, occurrence, repeats, last_seen_at, resolve_seen_at, updated_at)
            WHERE a.team_id = n.team_id AND a.fingerprint = n.fingerprint
            """, columns(alerts))
    }

    /// Writes history rows with the next round trip; the start of a row that exists stays.
    static func note(_ occurrences: [Occurrence], in connection: PostgresConnection) {
        guard !occurrences.isEmpty else { return }
        connection.queue(
            """
            -- note occurrences
            INSERT INTO alert_occurrences (team_id, fingerprint, occurrence, incident_id, severity, starts_at, ends_at)
            SELECT * FROM unnest(
                $1::uuid[], $2::text[], $3::int[], $4::uuid[], $5::incident_severity[], $6::timestamptz[], $7::timestamptz[])
            ON CONFLICT (team_id, fingerprint, occurrence) DO UPDATE
                SET incident_id = excluded.incident_id, severity = excluded.severity, ends_at = excluded.ends_at
            """,
            [
                occurrences.map { $0.id.alert.teamID }, occurrences.map { $0.id.alert.fingerprint.text }, occurrences.map { $0.id.number },
                occurrences.map { $0.incidentID }, occurrences.map { $0.severity }, occurrences.map { $0.startsAt },
                occurrences.map { $0.endsAt },
            ])
    }

    private static func columns(_ alerts: [Alert]) -> [any PostgresEncodable] {
        [
            alerts.map { $0.id.teamID }, alerts.map { $0.id.fingerprint.text }, alerts.map { $0.source }, alerts.map { $0.status.rawValue },
            alerts.map { $0.severity }, alerts.map { $0.startsAt }, alerts.map { $0.endsAt }, alerts.map { $0.expiresAt },
            alerts.map { $0.labels.json },
            alerts.map { $0.annotations.json }, alerts.map { $0.generatorURL }, alerts.map { $0.groupingKey.text },
            alerts.map { $0.incidentID },
            alerts.map { $0.occurrence }, alerts.map { $0.repeats }, alerts.map { $0.lastSeenAt }, alerts.map { $0.resolveSeenAt },
            alerts.map { $0.updatedAt },
        ]
    }

    private static func alert(_ row: Row) throws -> Alert {
        Alert(
            id: Alert.ID(teamID: try row.identifier("team_id"), fingerprint: Fingerprint(try row.string("fingerprint"))),
            source: try row.string("source"),
            status: try row.choice("status"),
            severity: try row.choice("severity"),
            startsAt: try row.timestamp("starts_at"),
            endsAt: try row.optionalTimestamp("ends_at"),
            expiresAt: try row.optionalTimestamp("expires_at"),
            labels: try row.labels("labels"),
            annotations: try row.labels("annotations"),
            generatorURL: try row.optionalString("generator_url"),
            groupingKey: GroupingKey(try row.string("grouping_key")),
            incidentID: try row.optionalIdentifier("incident_id"),
            occurrence: try row.int("occurrence"),
            repeats: try row.int64("repeats"),
            lastSeenAt: try row.timestamp("last_seen_at"),
            resolveSeenAt: try row.optionalTimestamp("resolve_seen_at"),
            createdAt: try row.timestamp("created_at"),
            updatedAt: try row.timestamp("updated_at"))
    }
}
