#!/usr/bin/env python3
"""Takes the recovery times of docs/performance.md. Started by Tests/Benchmarks/recovery, which builds what this needs."""

import argparse
import itertools
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from bench import machine  # noqa: E402
from bench.environment import ROOT, running_stack  # noqa: E402
from support.instance import begin, end, wait_ready  # noqa: E402
from support.outcome import check_all_told_once, told  # noqa: E402
from support.sinks import SinkServer  # noqa: E402
from support.stack import SERVICES, Team, alert, wait_for, webhook  # noqa: E402
from support.traffic import ENDED, STARTED, Traffic  # noqa: E402

PARTS = ["kill", "broker", "postgres", "rolling"]
OUTAGE_SECONDS = 20
SECRET = "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Probe:
    """Sends an alert and waits for one of its effects."""

    def __init__(self, team: Team, sink: SinkServer):
        self.team = team
        self.sink = sink
        self._numbers = itertools.count()

    def service(self) -> str:
        return f"probe-{next(self._numbers)}"

    def accepted(self) -> None:
        self.team.send(webhook(alert(self.service(), starts=STARTED)))

    def incident(self) -> None:
        service = self._sent()
        self._wait(f"SELECT 1 FROM incidents WHERE labels->>'service' = '{service}'")

    def message(self) -> None:
        service = self._sent()
        wait_for("the message", lambda: service in told(self.sink, "/probe", "incident.opened"), timeout=120, interval=0.01)

    def figure(self) -> None:
        service = self._sent()
        self._wait(f"SELECT 1 FROM incident_measures m JOIN incidents i ON i.id = m.incident_id WHERE i.labels->>'service' = '{service}'")

    def document(self) -> None:
        service = self._sent()
        self.team.send(webhook(alert(service, status="resolved", starts=STARTED, ends=ENDED)))
        self._wait(
            "SELECT 1 FROM document_publications p JOIN documents d ON d.id = p.document_id JOIN incidents i ON i.id = d.incident_id "
            f"WHERE i.labels->>'service' = '{service}'"
        )

    def page(self) -> None:
        def answers():
            try:
                return self.team.api("GET", "/api/incidents").status == 200
            except OSError:
                return False

        wait_for("the API answers", answers, timeout=120, interval=0.01)

    def _sent(self) -> str:
        service = self.service()
        self.team.send(webhook(alert(service, starts=STARTED)))
        return service

    def _wait(self, sql: str) -> None:
        wait_for("the row", lambda: self.team.stack.rows(sql), timeout=120, interval=0.02)


EFFECTS = {
    "ingest-gateway": ("a request is answered 200", Probe.accepted),
    "alert-grouper": ("an alert is an incident", Probe.incident),
    "notifier": ("a message is at its sink", Probe.message),
    "metrics-aggregator": ("an incident is in the figures", Probe.figure),
    "doc-publisher": ("a resolution has its document", Probe.document),
    "console": ("the API answers", Probe.page),
}


def timed(action) -> float:
    begun = time.monotonic()
    action()
    return time.monotonic() - begun


def after_kill(stack, probe: Probe, rounds: int) -> list:
    """From kill -9, with the process started again at once, to the effect of an alert sent after the kill."""
    rows = []
    for name, (effect, wait) in EFFECTS.items():
        wait(probe)
        undisturbed = timed(lambda: wait(probe))
        times = []
        for _ in range(rounds):
            begun = time.monotonic()
            begin(stack, name, end(stack, name, 9))
            wait(probe)
            times.append(time.monotonic() - begun)
            wait_ready(stack, name)
        rows.append((f"{name} killed and started again", effect, times, f"{undisturbed:.2f} s undisturbed"))
    return rows


def after_outage(name: str, probe: Probe, take_away, bring_back, rounds: int) -> list:
    """From the dependency's return to each effect of an alert sent then. The outage lasts OUTAGE_SECONDS."""
    times = {"an alert is an incident": [], "a message is at its sink": []}
    for _ in range(rounds):
        take_away()
        time.sleep(OUTAGE_SECONDS)
        bring_back()
        begun = time.monotonic()
        probe.incident()
        times["an alert is an incident"].append(time.monotonic() - begun)
        probe.message()
        times["a message is at its sink"].append(time.monotonic() - begun)
    return [(f"{name} back after {OUTAGE_SECONDS} s", effect, values, "") for effect, values in times.items()]


def rolling(stack, sink: SinkServer) -> list:
    """Every service ended by SIGTERM and started again in turn, at 20 alerts/s."""
    team = Team(stack, "rolling")
    team.channel("rolling", "webhook", f"url={sink.url}/rolling", SECRET)
    times, stops = {}, {}
    with Traffic(team, "rolling", per_second=20) as traffic:
        for name in SERVICES:
            environment = {}
            stops[name] = timed(lambda: environment.update(end(stack, name)))
            begin(stack, name, environment)
            times[name] = timed(lambda: wait_ready(stack, name))
            time.sleep(2)
    check_all_told_once(traffic, sink, "/rolling")
    rows = [(f"{name} in turn", "start to ready", [times[name]], f"ended in {stops[name]:.2f} s") for name in SERVICES]
    accepted = traffic.answers.pop(200)
    others = ", ".join(f"{count} {name}" for name, count in sorted(traffic.answers.items(), key=str)) or "none"
    return rows + [("all of them in turn", f"{accepted} requests answered 200, each with its effect once", [], f"other answers: {others}")]


def table(rows: list) -> str:
    lines = ["| what | until | time | beside it |", "|---|---|---|---|"]
    for what, effect, times, beside in rows:
        lines.append(f"| {what} | {effect} | {figure(times)} | {beside} |")
    return "\n".join(lines)


def figure(times: list) -> str:
    if not times:
        return ""
    middle = f"{statistics.median(times):.2f} s"
    return middle if len(times) == 1 else f"{middle} ({min(times):.2f} to {max(times):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(prog="Tests/Benchmarks/recovery", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="times that each fault is made (3)")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, of {','.join(PARTS)}")
    chosen = parser.parse_args()
    only = chosen.only.split(",")
    if unknown := set(only) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if not 1 <= chosen.rounds <= 100:
        parser.error("--rounds must be from 1 to 100")

    rows = []
    # Before anything runs: the load is that of others.
    where = machine.describe(ROOT)
    with running_stack(TOCSIN_DOCS_DELAY_SECONDS="0") as stack, SinkServer() as sink:
        team = Team(stack, "recovery")
        team.channel("probe", "webhook", f"url={sink.url}/probe", SECRET)
        probe = Probe(team, sink)
        probe.message()
        parts = {
            "kill": lambda: after_kill(stack, probe, chosen.rounds),
            "broker": lambda: after_outage(
                "broker", probe, lambda: stack.broker("down"), lambda: stack.broker("up"), chosen.rounds),
            "postgres": lambda: after_outage(
                "PostgreSQL", probe, lambda: stack.postgres("-m", "fast", "-w", "stop"), lambda: start_postgres(stack), chosen.rounds),
            "rolling": lambda: rolling(stack, sink),
        }
        for name in only:
            print(f"==> {name}", file=sys.stderr, flush=True)
            rows += parts[name]()
    print(
        f"Commit {where['commit']}, {where['cores']} cores of {where['processor']}, load before {where['load_before']:.2f}, "
        f"{', '.join(f'{name} {number}' for name, number in where['versions'].items() if name != 'wrk')}, {chosen.rounds} rounds.\n"
    )
    print(table(rows))


def start_postgres(stack) -> None:
    """As it was started by `up`; its clients were there all the time."""
    log = str(pathlib.Path(stack.rows_data_directory()).parent / "postgres.log")
    stack.postgres("-l", log, "-o", f"-p {stack.environment['TOCSIN_POSTGRES_PORT']}", "-w", "start")


if __name__ == "__main__":
    main()
