"""Sizes an installation from the costs of one alert: the arithmetic of docs/sizing.md.

Inputs are in docs/performance/sizing.json: `measured` ones are written by Tests/Benchmarks/run --write-docs, `assumed` ones are yours.
"""

import json
import math
import pathlib

from bench import document

BEGIN, END = "<!-- sizing: begin, written by Tests/Benchmarks/sizing -->", "<!-- sizing: end -->"
PER_MINUTE = (1_000, 100_000, 10_000_000)
PARTITIONS_AT_LEAST = 64


def mixed(inputs: dict, name: str) -> float:
    """The cost of an alert when `new_share` of all are new and the rest repeats."""
    share = inputs["new_share"]
    return share * inputs[f"{name}_new"] + (1 - share) * inputs[f"{name}_repeat"]


def size(per_minute: int, inputs: dict) -> dict:
    """Everything that docs/sizing.md tells for one rate; MB and GB are powers of ten."""
    mean = per_minute / 60
    peak = mean * inputs["peak_factor"]
    day = per_minute * 1440
    cores = {
        "gateway": inputs["gateway_us"], "grouper": mixed(inputs, "grouper_us"), "postgres": mixed(inputs, "postgres_us"),
        "others": mixed(inputs, "others_us"),
    }
    cores = {name: peak * cost / 1e6 / inputs["busy_share"] for name, cost in cores.items()}
    # What one grouper commits is less than a core's worth: it waits for the database between its batches.
    a_grouper = 1 / (inputs["new_share"] / inputs["grouper_rate_new"] + (1 - inputs["new_share"]) / inputs["grouper_rate_repeat"])
    groupers = instances(peak / (a_grouper * inputs["busy_share"]))
    incidents = peak * inputs["new_share"] / inputs["alerts_per_incident"]
    notifiers = instances(incidents * inputs["messages_per_incident"] / (inputs["notifier_per_second"] * inputs["busy_share"]))
    gateways = instances(cores["gateway"])
    open_rows = day * inputs["new_share"] * inputs["open_days"]
    record = inputs["record_bytes"] / inputs["compression"]
    processes = gateways + groupers + notifiers + 2 * instances(cores["others"] / 2) + 2
    return {
        "mean": mean, "peak": peak, **{f"cores_{name}": value for name, value in cores.items()},
        "gateways": gateways, "groupers": groupers, "notifiers": notifiers,
        "partitions": max(PARTITIONS_AT_LEAST, power_of_two(groupers * inputs["partitions_per_grouper"])),
        "messages": incidents * inputs["messages_per_incident"],
        "memory_services_mb": processes * inputs["memory_mb_per_process"],
        "memory_postgres_gb": open_rows * inputs["row_bytes_new"] / 1e9,
        "wal_mb_s": peak * mixed(inputs, "wal_bytes") / 1e6,
        "rows_gb_day": day * inputs["new_share"] * inputs["row_bytes_new"] / 1e9,
        "rows_gb_kept": day * inputs["new_share"] * inputs["row_bytes_new"] * inputs["kept_days"] / 1e9,
        "kafka_gb_day": day * record * inputs["replicas_kafka"] / 1e9,
        "kafka_gb_kept": day * record * inputs["replicas_kafka"] * inputs["kafka_days"] / 1e9,
        "network_in_mbit": peak * inputs["body_bytes"] * 8 / 1e6,
        # In once, to each further replica, and out to the grouper.
        "network_kafka_mbit": peak * record * (inputs["replicas_kafka"] + 1) * 8 / 1e6,
        "network_postgres_mbit": peak * mixed(inputs, "wal_bytes") * inputs["shared_wal_copies"] * 8 / 1e6,
    }


def instances(needed: float) -> int:
    """Never one alone: another must go on when one dies."""
    return max(2, math.ceil(needed))


def power_of_two(number: int) -> int:
    return 1 << max(0, math.ceil(math.log2(number)))


ROWS = (
    ("alerts a second, mean and peak", "rate / 60; × peak_factor", lambda s: f"{number(s['mean'])}; {number(s['peak'])}"),
    ("gateways: cores; processes", "peak × gateway_us / busy_share; at least 2", lambda s: f"{number(s['cores_gateway'])}; {s['gateways']}"),
    ("groupers: cores; processes", "peak × grouper_us / busy_share; peak / (rate of one × busy_share)",
     lambda s: f"{number(s['cores_grouper'])}; {s['groupers']}"),
    ("partitions of tocsin.signals", "partitions_per_grouper × groupers, a power of two, at least 64", lambda s: f"{s['partitions']:,}"),
    ("PostgreSQL: cores", "peak × postgres_us / busy_share", lambda s: number(s["cores_postgres"])),
    ("PostgreSQL: memory for open alerts, GB", "new alerts a day × open_days × row_bytes_new", lambda s: number(s["memory_postgres_gb"])),
    ("PostgreSQL: write-ahead log at the peak, MB/s", "peak × wal_bytes", lambda s: number(s["wal_mb_s"])),
    ("PostgreSQL: disk a day; kept, GB", "new alerts a day × row_bytes_new; × kept_days",
     lambda s: f"{number(s['rows_gb_day'])}; {number(s['rows_gb_kept'])}"),
    ("notifiers; messages a second at the peak", "new alerts / alerts_per_incident × messages_per_incident",
     lambda s: f"{s['notifiers']}; {number(s['messages'])}"),
    ("metrics-aggregator, doc-publisher, notifier: cores", "peak × others_us / busy_share", lambda s: number(s["cores_others"])),
    ("Kafka: disk a day; kept, GB", "alerts a day × record_bytes / compression × replicas_kafka; × kafka_days",
     lambda s: f"{number(s['kafka_gb_day'])}; {number(s['kafka_gb_kept'])}"),
    ("memory of all services, MB", "processes × memory_mb_per_process", lambda s: f"{s['memory_services_mb']:,}"),
    ("network at the peak, Mbit/s: senders; Kafka; PostgreSQL's copies", "peak × bytes × 8; Kafka: × (replicas_kafka + 1)",
     lambda s: f"{number(s['network_in_mbit'])}; {number(s['network_kafka_mbit'])}; {number(s['network_postgres_mbit'])}"),
)


def number(value: float) -> str:
    """Two significant digits below 10, none after the point above."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def table(inputs: dict) -> str:
    sizes = [size(rate, inputs) for rate in PER_MINUTE]
    lines = ["| what | how | " + " | ".join(f"{rate:,} a minute" for rate in PER_MINUTE) + " |", "|---|---|---|---|---|"]
    lines += [f"| {what} | {how} | " + " | ".join(cell(one) for one in sizes) + " |" for what, how, cell in ROWS]
    given = [f"| `{name}` | {value:,} |" for name, value in inputs.items()]
    return "\n".join([*lines, "", "With", "", "| input | value |", "|---|---|", *given])


def inputs(docs: pathlib.Path) -> dict:
    kept = json.loads((docs / "performance" / "sizing.json").read_text())
    return kept["assumed"] | kept["measured"]


def page(docs: pathlib.Path) -> str:
    """docs/sizing.md with the table of its inputs."""
    return document.replaced((docs / "sizing.md").read_text(), table(inputs(docs)), BEGIN, END)


def keep(docs: pathlib.Path, result: dict) -> None:
    """Takes over what a run measured; what it did not measure stays."""
    file = docs / "performance" / "sizing.json"
    kept = json.loads(file.read_text())
    kept["measured"] |= measured(result)
    file.write_text(json.dumps(kept, indent=2) + "\n")
    (docs / "sizing.md").write_text(page(docs))


def measured(result: dict) -> dict:
    found = {}
    for stage, kind in (("distinct", "new"), ("storm", "repeat")):
        if one := result.get(stage):
            cost = {name: round(taken / one["alerts"] * 1e6, 1) for name, taken in one["processor_s"].items()}
            found |= {
                f"grouper_us_{kind}": cost["alert-grouper"], f"postgres_us_{kind}": cost["postgres"],
                f"others_us_{kind}": round(sum(cost[name] for name in ("notifier", "metrics-aggregator", "doc-publisher")), 1),
                f"wal_bytes_{kind}": round(one["volume"]["wal_bytes"]), f"grouper_rate_{kind}": round(one["alerts_per_second"]),
                "gateway_us": cost["ingest-gateway"], "record_bytes": round(one["volume"]["record_bytes"]),
            }
            if kind == "new":
                found["row_bytes_new"] = round(one["volume"]["database_bytes"])
    if one := result.get("deliveries"):
        found["notifier_per_second"] = round(max(case["per_second"] or 0 for case in one["cases"]))
    return found
