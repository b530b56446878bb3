import JSON
package import Models
package import Postgres

/// SQL of `metric_rollups`: metrics-aggregator adds to it, the console reads it.
package enum RollupStore {
    /// The cells of the given teams for days from `first` to `last` (inclusive, `2026-11-21`), optionally of one service.
    package static func cells(
        teams: [TeamID], from first: String, to last: String, service: String? = nil, in connection: PostgresConnection
    ) async throws -> [(key: RollupKey, cell: RollupCell)] {
        try await connection.query(
            """
            -- rollup cells
            SELECT team_id, day::text AS day, service, severity, open_count, acknowledged_count, resolved_count, ack_samples,
                ack_milliseconds, ack_buckets, resolve_samples, resolve_milliseconds, resolve_buckets
            FROM metric_rollups
            WHERE team_id = ANY($1::uuid[]) AND day BETWEEN $2::date AND $3::date AND ($4::text IS NULL OR service = $4)
            ORDER BY team_id, day, service, severity
            """, [teams, first, last, service]
        ).map(cell)
    }

    private static func cell(_ row: Row) throws -> (key: RollupKey, cell: RollupCell) {
        let key = RollupKey(
            teamID: try row.identifier("team_id"), day: try row.string("day"), service: try row.string("service"),
            severity: try row.choice("severity"))
        let cell = RollupCell(
            open: try row.int64("open_count"), acknowledged: try row.int64("acknowledged_count"),
            resolved: try row.int64("resolved_count"),
            timeToAcknowledge: .init(
                samples: try row.int64("ack_samples"), milliseconds: try row.int64("ack_milliseconds"),
                histogram: try DurationHistogram(json: try row.utf8("ack_buckets"))),
            timeToResolve: .init(
                samples: try row.int64("resolve_samples"), milliseconds: try row.int64("resolve_milliseconds"),
                histogram: try DurationHistogram(json: try row.utf8("resolve_buckets"))))
        return (key, cell)
    }

    /// Adds differences to their cells. Call within the transaction that changes the measures; cells are locked in key order.
    package static func add(_ deltas: [RollupKey: RollupCell], in connection: PostgresConnection) async throws {
        let changed = deltas.filter { $0.value != RollupCell() }.sorted { $0.key < $1.key }
        guard !changed.isEmpty else { return }
        try await ensure(changed.map(\.key), in: connection)
        var sums: [(key: RollupKey, cell: RollupCell)] = []
        var current: [RollupKey: RollupCell] = [:]
        for (key, cell) in try await lock(changed.map(\.key), in: connection) { current[key] = cell }
        for (key, delta) in changed {
            var cell = current[key] ?? RollupCell()
            cell.merge(delta)
            sums.append((key, cell))
        }
        try await write(sums, in: connection)
    }

    private static func ensure(_ keys: [RollupKey], in connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            -- ensure rollup cells
            INSERT INTO metric_rollups (team_id, day, service, severity)
            SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[], $4::incident_severity[])
            ON CONFLICT DO NOTHING
            """, [keys.map(\.teamID), keys.map(\.day), keys.map(\.service), keys.map(\.severity)])
    }

    private static func lock(_ keys: [RollupKey], in connection: PostgresConnection) async throws -> [(RollupKey, RollupCell)] {
        try await connection.query(
            """
            -- lock rollup cells
            SELECT r.team_id, r.day::text AS day, r.service, r.severity, r.open_count, r.acknowledged_count, r.resolved_count,
                r.ack_samples, r.ack_milliseconds, r.ack_buckets, r.resolve_samples, r.resolve_milliseconds, r.resolve_buckets
            FROM metric_rollups r
            JOIN unnest($1::uuid[], $2::date[], $3::text[], $4::incident_severity[]) AS k (team_id, day, service, severity)
                USING (team_id, day, service, severity)
            ORDER BY r.team_id, r.day, r.service, r.severity FOR UPDATE OF r
            """, [keys.map(\.teamID), keys.map(\.day), keys.map(\.service), keys.map(\.severity)]
        ).map { try cell($0) }
    }

    private static func write(_ cells: [(key: RollupKey, cell: RollupCell)], in connection: PostgresConnection) async throws {
        let keys = cells.map(\.key)
        let values = cells.map(\.cell)
        _ = try await connection.query(
            """
            -- write rollup cells
            UPDATE metric_rollups r SET
                open_count = n.open_count, acknowledged_count = n.acknowledged_count, resolved_count = n.resolved_count,
                ack_samples = n.ack_samples, ack_milliseconds = n.ack_milliseconds, ack_buckets = n.ack_buckets,
                resolve_samples = n.resolve_samples, resolve_milliseconds = n.resolve_milliseconds,
                resolve_buckets = n.resolve_buckets
            FROM unnest($1::uuid[], $2::date[], $3::text[], $4::incident_severity[], $5::bigint[], $6::bigint[], $7::bigint[],
                $8::bigint[], $9::bigint[], $10::jsonb[], $11::bigint[], $12::bigint[], $13::jsonb[])
                AS n (team_id, day, service, severity, open_count, acknowledged_count, resolved_count, ack_samples,
                    ack_milliseconds, ack_buckets, resolve_samples, resolve_milliseconds, resolve_buckets)
            WHERE r.team_id = n.team_id AND r.day = n.day AND r.service = n.service AND r.severity = n.severity
            """,
            [
                keys.map(\.teamID), keys.map(\.day), keys.map(\.service), keys.map(\.severity), values.map(\.open),
                values.map(\.acknowledged), values.map(\.resolved), values.map(\.timeToAcknowledge.samples),
                values.map(\.timeToAcknowledge.milliseconds), values.map(\.timeToAcknowledge.histogram.json),
                values.map(\.timeToResolve.samples), values.map(\.timeToResolve.milliseconds),
                values.map(\.timeToResolve.histogram.json),
            ])
    }
}

extension DurationHistogram {
    /// `{"12":3,"40":1}`, buckets in order.
    var json: String {
        var writer = JSONWriter(reserving: 64)
        writer.object { writer in
            for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) {
                writer.key(String(bucket))
                writer.value(count)
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    init(json bytes: [UInt8]) throws {
        var counts: [Int: Int64] = [:]
        for member in try JSONDocument.parse(bytes, limits: .internal).root.members {
            guard let bucket = Int(member.key), let count = member.value.int else {
                throw StoreError.unexpected(column: "buckets", value: member.key)
            }
            counts[bucket] = count
        }
        self.init(counts: counts)
    }
}
