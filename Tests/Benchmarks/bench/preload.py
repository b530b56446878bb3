"""Rows that are there before a measurement begins, written with SQL: sending a million alerts would take longer than the measurement."""

import hashlib
import json
import secrets


def execute(stack, sql: str) -> None:
    stack.run("psql", stack.saved["DATABASE_URL"], "-qc", sql, timeout=900)


def open_alerts(stack, team_id: str, start: int, end: int) -> None:
    """Firing alerts number `start` to `end`, twenty an incident, with their history."""
    labels = (
        "jsonb_build_object('alertname', 'HighErrorRate', 'cluster', 'eu-central-1', 'instance', '10.0.' || n / 250 || '.' || n % 250, "
        "'namespace', 'production', 'service', 'open-' || n / 20, 'severity', 'critical')"
    )
    execute(
        stack,
        f"""
        SET session_replication_role = replica;
        INSERT INTO incidents (id, team_id, number, title, status, severity, grouping_key, labels, created_at, updated_at,
            alert_count, firing_count, sequence)
        SELECT md5('incident' || n)::uuid, '{team_id}', nextval('incident_number_seq'), 'HighErrorRate (open-' || n || ')', 'open',
            'critical', 'service=open-' || n, jsonb_build_object('service', 'open-' || n, 'alertname', 'HighErrorRate'), now(), now(),
            20, 20, 1
        FROM generate_series({start // 20}, {end // 20 - 1}) AS n;
        INSERT INTO alerts (team_id, fingerprint, source, status, severity, starts_at, expires_at, labels, annotations, generator_url,
            grouping_key, incident_id, last_seen_at, created_at, updated_at)
        SELECT '{team_id}', 'open-' || n, 'alertmanager', 'firing', 'critical', now(), now() + interval '1 day', {labels},
            jsonb_build_object('summary', 'open-' || n / 20 || ' answers with errors',
                'description', repeat('Look at the error budget. ', 12)),
            'http://prometheus.example.com:9090/graph', 'service=open-' || n / 20, md5('incident' || n / 20)::uuid, now(), now(), now()
        FROM generate_series({start}, {end - 1}) AS n;
        INSERT INTO alert_occurrences (team_id, fingerprint, occurrence, incident_id, severity, starts_at)
        SELECT '{team_id}', 'open-' || n, 1, md5('incident' || n / 20)::uuid, 'critical', now()
        FROM generate_series({start}, {end - 1}) AS n;
        SET session_replication_role = DEFAULT;
        """,
    )


def settle(stack) -> None:
    """What autovacuum and the checkpointer would do soon after such a load, not while something is measured."""
    execute(stack, "VACUUM ANALYZE alerts, alert_occurrences, incidents")
    execute(stack, "CHECKPOINT")


def resolve(stack, services: str) -> None:
    """Takes the alerts of a measurement away with their incidents, so that the next finds as many open ones as this."""
    execute(
        stack,
        f"""
        SET session_replication_role = replica;
        DELETE FROM alert_occurrences AS o USING alerts AS a
        WHERE o.team_id = a.team_id AND o.fingerprint = a.fingerprint AND a.grouping_key LIKE 'service={services}';
        DELETE FROM alerts WHERE grouping_key LIKE 'service={services}';
        SET session_replication_role = DEFAULT;
        UPDATE incidents SET status = 'resolved', resolved_at = greatest(now(), created_at), updated_at = greatest(now(), created_at)
        WHERE grouping_key LIKE 'service={services}' AND status <> 'resolved';
        """,
    )


def make_due(stack, team_id: str, count: int) -> None:
    """The first alerts' time is over."""
    execute(
        stack,
        f"UPDATE alerts SET expires_at = now() - interval '1 second' WHERE team_id = '{team_id}' "
        f"AND fingerprint IN (SELECT 'open-' || n FROM generate_series(0, {count - 1}) AS n)",
    )


def due(stack) -> int:
    return stack.rows("SELECT count(*) AS n FROM alerts WHERE status = 'firing' AND expires_at <= now()")[0]["n"]


def replace(stack, team_id: str, expired: int) -> None:
    """Puts back the alerts that expired."""
    alerts = f"team_id = '{team_id}' AND fingerprint IN (SELECT 'open-' || n FROM generate_series(0, {expired - 1}) AS n)"
    incidents = f"IN (SELECT md5('incident' || n)::uuid FROM generate_series(0, {expired // 20 - 1}) AS n)"
    execute(
        stack,
        f"""
        SET session_replication_role = replica;
        DELETE FROM alert_occurrences WHERE {alerts};
        DELETE FROM alerts WHERE {alerts};
        DELETE FROM incident_events WHERE incident_id {incidents};
        DELETE FROM incidents WHERE id {incidents};
        SET session_replication_role = DEFAULT;
        """,
    )
    open_alerts(stack, team_id, 0, expired)


def team_keys(stack, start: int, end: int) -> list:
    """Teams number `start` to `end`, each with an ingest key; the keys."""
    keys = [f"tk_ingest_{secrets.token_urlsafe(32)}" for _ in range(start, end)]
    if not keys:
        return []
    rows = [
        {"slug": f"bench-{start + place}", "hash": hashlib.sha256(key.encode()).hexdigest(), "prefix": key[:14]}
        for place, key in enumerate(keys)
    ]
    file = stack.folder / "teams.sql"
    file.write_text(
        f"""
        CREATE TEMP TABLE made AS SELECT * FROM json_to_recordset('{json.dumps(rows)}') AS x(slug text, hash text, prefix text);
        INSERT INTO teams (slug, name) SELECT slug, slug FROM made;
        INSERT INTO access_keys (team_id, kind, name, token_hash, token_prefix)
        SELECT t.id, 'ingest', 'bench', decode(made.hash, 'hex'), made.prefix FROM made JOIN teams AS t USING (slug);
        """
    )
    stack.run("psql", stack.saved["DATABASE_URL"], "-q", "-v", "ON_ERROR_STOP=1", "-f", str(file), timeout=120)
    return keys
