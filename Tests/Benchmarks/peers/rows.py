"""A table like `alerts` and its upsert by unnest, for the programs beside it."""

TABLE = """
CREATE TABLE IF NOT EXISTS bench_peer (
    team_id uuid NOT NULL, fingerprint text NOT NULL, status text NOT NULL, starts_at timestamptz NOT NULL, labels jsonb NOT NULL,
    annotations jsonb NOT NULL, generator_url text, repeats bigint NOT NULL DEFAULT 0, updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (team_id, fingerprint))
"""

UPSERT = """
INSERT INTO bench_peer AS p (team_id, fingerprint, status, starts_at, labels, annotations, generator_url)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::jsonb[], %s::jsonb[], %s::text[])
ON CONFLICT (team_id, fingerprint) DO UPDATE
    SET status = excluded.status, repeats = p.repeats + 1, labels = excluded.labels, annotations = excluded.annotations, updated_at = now()
"""

TEAM = "00000000-0000-4000-8000-000000000001"


def columns(alerts: list, text) -> tuple:
    """Parameters of the upsert. `text` makes JSON text of an object. Of two alerts with one fingerprint the last counts; rows are in
    the order of their key, as any writer wants them who wants no deadlocks."""
    latest = {alert["fingerprint"]: alert for alert in alerts}
    rows = [latest[name] for name in sorted(latest)]
    return (
        [TEAM] * len(rows),
        [row["fingerprint"] for row in rows],
        [row["status"] for row in rows],
        [row["startsAt"] for row in rows],
        [text(row["labels"]) for row in rows],
        [text(row["annotations"]) for row in rows],
        [row["generatorURL"] for row in rows],
    )
