#!/usr/bin/env python3
"""Splits the time from an alert's request to the first byte of its message at a sink by hops, on a stack of its own.

Usage: TOCSIN_BUILD=release Tests/Benchmarks/trace_latency.py [--rates 10,100] [--seconds 5] [--teams 4]
"""

import argparse
import contextlib
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from bench import bodies, environment, hops, paced, stages, storm_latency  # noqa: E402
from bench.quick_sink import QuickSink  # noqa: E402

from support.stack import Team, wait_for  # noqa: E402  (bench.environment makes it importable)


CONSUMERS = ("alert-grouper", "notifier")


def keep_commit_times(stack) -> None:
    """PostgreSQL tells when a row was committed only with this setting, which needs a start."""
    stack.run("psql", stack.saved["DATABASE_URL"], "-qc", "ALTER SYSTEM SET track_commit_timestamp = on")
    stack.postgres("-m", "fast", "-w", "restart", "-l", "/dev/null", "-o", f"-p {stack.environment['TOCSIN_POSTGRES_PORT']}")
    stack.wait_ready()


def teams_with_sink(stack, sink, count: int) -> list:
    """A webhook channel has a pace of 50 messages/s: the alerts are shared out over several teams with a channel each."""
    teams = [Team(stack, f"bench-trace-{number}") for number in range(count)]
    for team in teams:
        team.channel("sink", "webhook", f"url={sink.url}/bench", "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    time.sleep(3)  # every service re-reads keys and channels within two seconds
    return teams


def contents(teams, prefix: str, count: int) -> dict:
    """Requests by name, each an alert of a service of its own."""
    keys = [team.ingest_key for team in teams]
    return {f"{prefix}{n}": (keys[n % len(keys)], bodies.body(f"{prefix}{n}", 1, stages.just_now())) for n in range(count)}


def warm_up(stack, teams, sink) -> None:
    """The first alerts of a process pay for connections and prepared statements, those of a partition for the count of attempts."""
    sent, _ = paced.send_at_rate(stack.gateway + stages.PATH, contents(teams, "warm-", 300), 60)
    wait_for("the first messages arrived", lambda: len(sink.seen) >= len(sent), timeout=60, interval=0.05)


def loops(stack, name: str, before: dict | None = None) -> dict:
    """Batches of a consumer so far, or since `before`: how many, their records, and the seconds that they took from begin to end."""
    parts = {"batches": "batch_seconds_count", "seconds": "batch_seconds_sum", "records": "batch_records_sum"}
    now = {part: stack.metric(name, f"tocsin_consumer_{metric}") for part, metric in parts.items()}
    return {part: now[part] - (before or {}).get(part, 0.0) for part in parts}


def trace(stack, teams, sink, rate: float, seconds: float) -> dict:
    prefix = f"trace-{rate:g}-"
    before = {name: loops(stack, name) for name in CONSUMERS}
    sent, answered = paced.send_at_rate(stack.gateway + stages.PATH, contents(teams, prefix, int(rate * seconds)), rate)
    with contextlib.suppress(AssertionError):
        wait_for("every message arrived", lambda: all(name in sink.seen for name in sent), timeout=20, interval=0.05)
    work = {name: loops(stack, name, before[name]) for name in CONSUMERS}
    plain = {name.removeprefix(prefix): at for name, at in sent.items()}
    seen = {name.removeprefix(prefix): at for name, at in list(sink.seen.items()) if name and name.startswith(prefix)}
    found = hops.traces(stack, prefix, plain, seen)
    return {
        "per_second": rate, "sent": len(sent), "arrived": len(seen), "traced": len(found),
        "answer": hops.figures(list(answered.values())), "hops": hops.split(found), "loops": work,
    }


def markdown(result: dict) -> str:
    lines = [
        f"At {result['per_second']:g} alerts/s: {result['arrived']} of {result['sent']} arrived, {result['traced']} traced; "
        f"request to answer p50 {result['answer']['p50_ms']:.1f} ms, p99 {result['answer']['p99_ms']:.1f} ms.", "",
        "| hop | p50 ms | p90 ms | p99 ms | most ms |", "|---|---|---|---|---|",
    ]
    for hop in result["hops"]:
        values = " | ".join("-" if hop[name] is None else f"{hop[name]:.1f}" for name in ("p50_ms", "p90_ms", "p99_ms", "max_ms"))
        lines.append(f"| {hop['hop']} | {values} |")
    for name, loop in result["loops"].items():
        batches = max(1, loop["batches"])
        each = f"{loop['records'] / batches:.1f} records, {loop['seconds'] / batches * 1e3:.1f} ms each"
        lines.append(f"\n{name}: {loop['batches']:.0f} batches of {each}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", default="10,100", help="alerts a second, one run each (10,100)")
    parser.add_argument("--seconds", type=float, default=5, help="length of each run (5)")
    parser.add_argument("--teams", type=int, default=4, help="teams, and so channels, that share the alerts (4)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the services, again and again")
    parser.add_argument("--storm", action="store_true", help="also: a quiet team while another sends 10,000 alerts/s")
    parser.add_argument("--json", type=pathlib.Path, help="also write the figures there")
    chosen = parser.parse_args()
    with environment.running_stack(**dict(pair.split("=", 1) for pair in chosen.set)) as stack, QuickSink(rb'"((?:trace-[0-9.]+|warm)-\d+)"') as sink:
        keep_commit_times(stack)
        teams = teams_with_sink(stack, sink, chosen.teams)
        warm_up(stack, teams, sink)
        results = [trace(stack, teams, sink, float(rate), chosen.seconds) for rate in chosen.rates.split(",") if rate]
        if chosen.storm:
            print(json.dumps(storm_latency.latency_under_storm(stack, stack.folder)))
    for result in results:
        print(markdown(result), end="\n\n")
    if chosen.json:
        chosen.json.write_text(json.dumps({"moments": dict(hops.MOMENTS), "runs": results}, indent=2) + "\n")
    return 0 if all(result["arrived"] == result["sent"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
