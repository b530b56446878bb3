"""All that the checker judges, as plain values: what was sent and answered, what PostgreSQL holds, what arrived."""

import dataclasses
import json


@dataclasses.dataclass
class Evidence:
    stories: list  # workload.Story
    slugs: list  # of the teams, in the order that stories name them
    answers: dict  # request name -> ack, nack, unknown
    teams: dict  # slug -> id
    alerts: list
    occurrences: list
    incidents: list
    events: list
    channels: list
    deliveries: list
    dead_letters: list
    rollups: list
    progress: list
    documents: list
    arrivals: list  # sinks.Sinks.arrivals()
    poisoned: list = dataclasses.field(default_factory=list)  # (topic, value, attempts)
    ambiguities: int = 0  # messages that faults may have left in doubt
    codes: dict = dataclasses.field(default_factory=dict)  # answer's detail -> how often
    untold: list = dataclasses.field(default_factory=list)  # stories that could not be told to their end
    undrained: list = dataclasses.field(default_factory=list)  # what had not come to rest in time
    unexpected: list = dataclasses.field(default_factory=list)  # deaths that no fault explains
    maxima: dict = dataclasses.field(default_factory=dict)  # service -> (RSS in MB, descriptors, threads)
    bounds: tuple = (256, 256, 80)


_MICROS = "(extract(epoch FROM {0}) * 1000000)::bigint"
_QUERIES = {
    "alerts": """SELECT a.team_id, a.fingerprint, a.labels->>'eid' AS eid, a.labels->>'owner' AS owner, a.status, a.incident_id,
        a.grouping_key, to_char(a.starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS starts
        FROM alerts a WHERE a.team_id = ANY({teams})""",
    "occurrences": """SELECT o.team_id, o.fingerprint, a.labels->>'eid' AS eid, o.occurrence, o.incident_id,
        to_char(o.starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS starts,
        to_char(o.ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ends
        FROM alert_occurrences o JOIN alerts a USING (team_id, fingerprint) WHERE o.team_id = ANY({teams})""",
    "incidents": f"""SELECT id, team_id, number, title, status, severity, grouping_key, labels, alert_count, firing_count, sequence,
        reopen_count, {_MICROS.format('created_at')} AS created, {_MICROS.format('resolved_at')} AS resolved,
        to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day
        FROM incidents WHERE team_id = ANY({{teams}})""",
    "events": f"""SELECT team_id, incident_id, sequence, kind, {_MICROS.format('at')} AS at
        FROM incident_events WHERE team_id = ANY({{teams}}) ORDER BY incident_id, sequence""",
    "channels": "SELECT id, team_id, name, type, enabled, matchers FROM notification_channels WHERE team_id = ANY({teams})",
    "deliveries": """SELECT id, team_id, incident_id, sequence, channel_id, part, kind, state, attempts, resends, last_error, provider_id
        FROM deliveries WHERE team_id = ANY({teams})""",
    "rollups": """SELECT team_id, day, service, severity, open_count, acknowledged_count, resolved_count, ack_samples, ack_milliseconds,
        resolve_samples, resolve_milliseconds FROM metric_rollups WHERE team_id = ANY({teams})""",
    "progress": "SELECT consumer_group, incident_id, sequence FROM consumer_progress WHERE team_id = ANY({teams})",
    "documents": "SELECT team_id, incident_id, kind, version, sequence FROM documents WHERE team_id = ANY({teams})",
    "dead_letters": """SELECT consumer_group, topic, encode(record_value, 'hex') AS value, reason FROM dead_letters
        WHERE created_at >= '{since}'""",
}


def read(rows, teams: dict, since: str) -> dict:
    """The database's share of an `Evidence`. `rows`: runs a query and returns dictionaries."""
    array = "ARRAY[" + ",".join(f"'{team}'" for team in teams.values()) + "]::uuid[]"
    return {name: rows(query.format(teams=array, since=since)) for name, query in _QUERIES.items()}


def save(evidence: Evidence, path) -> None:
    """For a look afterwards."""
    with open(path, "w") as file:
        json.dump(dataclasses.asdict(evidence), file, indent=1, default=str)
