#!/usr/bin/env python3
"""Deliveries a second to many webhook sinks, and what a dead one among them does to the others. Needs a release build and a C compiler."""

import argparse
import contextlib
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from bench import bodies, environment, load  # noqa: E402
from bench.environment import free_port_block, pids, wait_for  # noqa: E402
from bench.processes import Watch  # noqa: E402
from bench.stages import just_now, percentile, send_paced  # noqa: E402

from support.stack import Team  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PREFIX = "bench-latency-"
# Which sink is dead, and how: nothing, a peer that accepts and never answers, a port at which nobody listens.
CASES = ["all alive", "one silent", "one refusing"]


class Sinks:
    """The C program of Tests/Benchmarks/Sink with its arrivals."""

    def __init__(self, program: pathlib.Path, count: int, silent: int):
        self.first = free_port_block(count + 1, 21000)
        self.count = count
        command = [str(program), str(self.first), str(count), str(silent), PREFIX]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "listening\n"

    def url(self, sink: int) -> str:
        return f"http://127.0.0.1:{self.first + sink}/hook"

    def end(self) -> list:
        """The arrivals: sink, number, seconds since 1970."""
        self.process.send_signal(signal.SIGTERM)
        lines = self.process.communicate(timeout=20)[0].splitlines()
        return [(int(sink), int(number), float(at)) for sink, number, at in map(str.split, lines)]


def build_sink(folder: pathlib.Path) -> pathlib.Path:
    """The sink as `run` built it, else made here."""
    built = environment.ROOT / ".build-bench" / "release" / "webhook-sink"
    if built.exists():
        return built
    compiler = shutil.which("clang") or shutil.which("cc")
    program = folder / "webhook-sink"
    subprocess.run([compiler, "-O2", "-o", str(program), str(HERE / "Sink" / "main.c")], check=True)
    return program


def ceiling(program: pathlib.Path, folder: pathlib.Path) -> float:
    """Requests a second that the sink itself answers wrk."""
    sinks = Sinks(program, 1, 0)
    try:
        file = folder / "ceiling.json"
        file.write_bytes(bodies.body("bench-ceiling", 1, just_now()))
        return load.flood(sinks.url(0), file, 64, 2, "none")["per_second"]
    finally:
        sinks.end()


def add_channels(stack, team: Team, urls: list) -> None:
    """A webhook channel a sink: the first by the command, the rest as copies of its row."""
    team.channel("sink-0", "webhook", f"url={urls[0]}", f"secret={SECRET}")
    values = ", ".join(f"({number}, '{url}')" for number, url in enumerate(urls[1:], start=1))
    sql = (
        "INSERT INTO notification_channels (team_id, name, type, config) "
        "SELECT c.team_id, 'sink-' || n.number, c.type, jsonb_set(c.config, '{url}', to_jsonb(n.url)) "
        f"FROM notification_channels c, (VALUES {values}) AS n (number, url) "
        f"WHERE c.name = 'sink-0' AND c.team_id = (SELECT id FROM teams WHERE slug = '{team.slug}')"
    )
    stack.run("psql", stack.saved["DATABASE_URL"], "-qc", sql)


# Where the time goes, by the database's clock: each step's name and SQL between the event, the row, the claim and the outcome.
STEPS = {"event to planned": "d.created_at - e.at", "planned to claimed": "a.started_at - d.created_at", "claimed to written": "a.finished_at - a.started_at"}


def steps(stack, team: Team) -> dict:
    """Median and p99 in ms of each step of the messages that went at the first attempt."""
    columns = ", ".join(
        f"(extract(epoch FROM percentile_cont({share}) WITHIN GROUP (ORDER BY {sql})) * 1000)::float8 AS \"{name} p{share * 100:.0f}\""
        for name, sql in STEPS.items() for share in (0.5, 0.99))
    return stack.rows(
        f"SELECT {columns} FROM deliveries d JOIN delivery_attempts a ON a.delivery_id = d.id AND a.attempt = 1 "
        "JOIN incident_events e ON e.incident_id = d.incident_id AND e.sequence = d.sequence "
        f"WHERE d.state = 'sent' AND d.attempts = 1 AND d.team_id = (SELECT id FROM teams WHERE slug = '{team.slug}')")[0]


def unfinished(stack) -> int:
    return stack.rows("SELECT count(*) AS n FROM deliveries WHERE state = 'sending' OR (state = 'pending' AND attempts = 0)")[0]["n"]


def case(stack, program: pathlib.Path, name: str, sinks: int, per_second: float, seconds: int) -> dict:
    """One incident each 1/`per_second` s, each told to every sink."""
    alive = sinks if name == "all alive" else sinks - 1
    peers = Sinks(program, sinks, 1 if name == "one silent" else 0)
    urls = [peers.url(sink) for sink in range(sinks)]
    if name == "one refusing":
        urls[-1] = peers.url(sinks)  # the port behind the last
    team = Team(stack, "bench-" + name.replace(" ", "-"))
    add_channels(stack, team, urls)
    time.sleep(3)  # every service re-reads keys and channels within two seconds
    count = int(per_second * seconds)
    with Watch(pids(stack)) as watch:
        sent = send_paced(stack, [team], count, per_second)
        with contextlib.suppress(AssertionError):
            # What waits for the dead one stays.
            wait_for("everything was sent", lambda: unfinished(stack) <= (count if alive < sinks else 0), timeout=60, interval=0.2)
        time.sleep(0.5)
    arrivals = [arrival for arrival in peers.end() if arrival[0] < alive and arrival[1] >= 0]
    stack.run(
        "psql", stack.saved["DATABASE_URL"], "-qc",
        f"UPDATE notification_channels SET enabled = false WHERE team_id = (SELECT id FROM teams WHERE slug = '{team.slug}')")
    return {
        "name": name, "steps_ms": steps(stack, team), "processor_s": watch.processor, "peak_mb": watch.peak_mb,
        **evaluate(arrivals, sent, alive),
    }


def evaluate(arrivals: list, sent: dict, alive: int) -> dict:
    """Figures of the arrivals at the sinks that live."""
    first = {}
    for sink, number, at in arrivals:
        first[sink, number] = min(at, first.get((sink, number), at))
    taken = {sink: sorted((at - sent[number]) * 1e3 for (other, number), at in first.items() if other == sink) for sink in range(alive)}
    every = sorted(value for values in taken.values() for value in values)
    times = sorted(first.values())
    # The first and the last second are half full.
    middle = [at for at in times if times[0] + 1 <= at < times[-1] - 1]
    return {
        "wanted": len(sent) * alive, "arrived": len(first), "twice": len(arrivals) - len(first),
        "per_second": len(middle) / (times[-1] - times[0] - 2) if len(times) > 1 and times[-1] - times[0] > 3 else None,
        "p50_ms": percentile(every, 50), "p99_ms": percentile(every, 99), "max_ms": every[-1] if every else None,
        "worst_sink_p99_ms": max((percentile(values, 99) for values in taken.values() if values), default=None),
    }


def measure(chosen: argparse.Namespace, folder: pathlib.Path) -> dict:
    program = build_sink(folder)
    result = {"ceiling_per_second": ceiling(program, folder), "sinks": chosen.sinks, "incidents_per_second": chosen.rate, "cases": []}
    settings = dict(setting.split("=", 1) for setting in chosen.set)
    with environment.running_stack(**settings) as stack:
        stack.wait_ready()
        for name in chosen.cases.split(","):
            print(f"==> {name}", file=sys.stderr, flush=True)
            result["cases"].append(case(stack, program, name, chosen.sinks, chosen.rate, chosen.seconds))
    return result


def number(value, digits: int = 1) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def markdown(result: dict) -> str:
    lines = [
        f"{result['sinks']} webhook sinks, {result['incidents_per_second']:g} incidents/s, each told to every sink; "
        f"the sink program alone answers {result['ceiling_per_second']:,.0f} requests/s.", "",
        "| sinks | arrived | deliveries/s | request to first byte | worst sink | processor time a delivery |", "|---|---|---|---|---|---|",
    ]
    for entry in result["cases"]:
        shares = sorted(((seconds / max(1, entry["arrived"]) * 1e6, name) for name, seconds in entry["processor_s"].items()), reverse=True)
        used = ", ".join(f"{name} {micro:.0f} µs" for micro, name in shares if micro >= 1)
        lines.append(
            f"| {entry['name']} | {entry['arrived']:,} of {entry['wanted']:,}, {entry['twice']} twice | {number(entry['per_second'], 0)} | "
            f"p50 {number(entry['p50_ms'])} ms, p99 {number(entry['p99_ms'])} ms, at most {number(entry['max_ms'])} ms | "
            f"p99 {number(entry['worst_sink_p99_ms'])} ms | {used} |")
    for entry in result["cases"]:
        taken = ", ".join(f"{step} {number(entry['steps_ms'][f'{step} p50'])} / {number(entry['steps_ms'][f'{step} p99'])}" for step in STEPS)
        lines += ["", f"{entry['name']}, p50 / p99 in ms: {taken}."]
    return "\n".join(lines)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sinks", type=int, default=50, help="webhook sinks (50)")
    parser.add_argument("--rate", type=float, default=40, help="incidents a second (40)")
    parser.add_argument("--seconds", type=int, default=15, help="length of each case (15)")
    parser.add_argument("--cases", default=",".join(CASES), help=f"of {','.join(CASES)}")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the stack")
    chosen = parser.parse_args()
    if unknown := set(chosen.cases.split(",")) - set(CASES):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    return chosen


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-sinks-") as folder:
        result = measure(options(), pathlib.Path(folder))
    print(markdown(result))
    print(json.dumps(result), file=sys.stderr)
    return 0 if all(entry["arrived"] == entry["wanted"] for entry in result["cases"]) else 1


if __name__ == "__main__":
    sys.exit(main())
