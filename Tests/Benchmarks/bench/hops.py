"""Where the time between a request and its message goes: the moments that each hop leaves behind, and the differences between them."""

import datetime
import json

# What each moment is, in the order in which they pass. The difference to the one before is that hop's time.
MOMENTS = [
    ("sent", "the sender begins its request"),
    ("received", "the gateway has read it (receivedAt of the signal)"),
    ("produced", "the signal is handed to the producer (time of its record, whole ms)"),
    ("grouping", "the grouper begins the batch (created_at of the incident)"),
    ("grouped", "its transaction is committed (commit time of the event)"),
    ("published", "the event is handed to the producer (time of its record, whole ms)"),
    ("planning", "the notifier begins its transaction (created_at of the delivery)"),
    ("planned", "that is committed (commit time of the progress)"),
    ("claimed", "the delivery is claimed (start of the attempt)"),
    ("arrived", "first byte at the sink"),
]


def percentile(ordered: list, share: float):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] if ordered else None


def figures(values: list) -> dict:
    ordered = sorted(value * 1e3 for value in values)
    return {f"{name}_ms": percentile(ordered, share) for name, share in (("p50", 50), ("p90", 90), ("p99", 99), ("max", 100))}


def of_records(stack, topic: str, prefix: str) -> dict:
    """Time of each record of a topic that names a service of ours, and what the signal says of its arrival; the earliest of each."""
    found = {}
    for line in stack.tocsin("tail", topic, "--from", "beginning", "--no-follow", "--json").splitlines():
        record = json.loads(line)
        value = record["value"]
        labels = value.get("labels") or value.get("incident", {}).get("labels", {})
        name = labels.get("service", "")
        if name.startswith(prefix):
            found.setdefault(name.removeprefix(prefix), (seconds(record["timestamp"]), value.get("receivedAt")))
    return found


def seconds(text: str) -> float:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def of_rows(stack, prefix: str) -> dict:
    """What the rows say, by number. Commit times need track_commit_timestamp."""
    rows = stack.rows(
        "SELECT i.labels->>'service' AS service, extract(epoch FROM i.created_at) AS grouping, "
        "extract(epoch FROM pg_xact_commit_timestamp(e.xmin)) AS grouped, extract(epoch FROM d.created_at) AS planning, "
        "extract(epoch FROM pg_xact_commit_timestamp(p.xmin)) AS planned, extract(epoch FROM a.started_at) AS claimed "
        "FROM incidents i JOIN incident_events e ON e.incident_id = i.id AND e.sequence = 1 "
        "LEFT JOIN consumer_progress p ON p.incident_id = i.id AND p.consumer_group = 'notifier' "
        "LEFT JOIN deliveries d ON d.incident_id = i.id AND d.sequence = 1 "
        "LEFT JOIN delivery_attempts a ON a.delivery_id = d.id AND a.attempt = 1 "
        f"WHERE i.labels->>'service' LIKE '{prefix}%'"
    )
    return {row.pop("service").removeprefix(prefix): row for row in rows}


def traces(stack, prefix: str, sent: dict, seen: dict) -> list:
    """The moments of each alert that arrived and left all of them."""
    signals, facts, rows = of_records(stack, "signals", prefix), of_records(stack, "incidents", prefix), of_rows(stack, prefix)
    result = []
    for name, at in sent.items():
        if name not in seen or name not in signals or name not in facts or name not in rows:
            continue
        moments = {
            **rows[name], "sent": at, "received": seconds(signals[name][1]), "produced": signals[name][0], "published": facts[name][0],
            "arrived": seen[name],
        }
        if all(moments.get(moment) is not None for moment, _ in MOMENTS):
            result.append(moments)
    return result


def split(traces: list) -> list:
    """Figures of each hop, and of the whole at the end."""
    names = [name for name, _ in MOMENTS]
    hops = [
        {"hop": f"{before} -> {after}", **figures([trace[after] - trace[before] for trace in traces])}
        for before, after in zip(names, names[1:])
    ]
    return [*hops, {"hop": "sent -> arrived", **figures([trace["arrived"] - trace["sent"] for trace in traces])}]
