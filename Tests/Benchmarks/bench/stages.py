"""What is measured, a function each. All return plain dictionaries."""

import contextlib
import http.client
import json
import pathlib
import re
import subprocess
import time
import urllib.parse

from bench import bodies, load, rows, volume
from bench.environment import SERVICES, pids, start_to_ready, wait_for
from bench.processes import Watch, resident_mb

from support.sinks import SinkServer  # noqa: E402  (bench.environment makes it importable)
from support.stack import Team  # noqa: E402

PATH = "/api/webhooks/alertmanager"


def just_now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))


def codec(program: pathlib.Path, folder: pathlib.Path, seconds: float) -> list:
    """MB/s and alerts/s of each stage of the codec, for a body of 1 and of 20 alerts."""
    files = body_files(folder)
    command = [str(program), str(seconds), *map(str, files.values())]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds * 40 + 30).stdout
    results = [json.loads(line) for line in output.splitlines()]
    for result in results:
        result["mb_per_second"] = result["bytes"] * result["rounds"] / result["seconds"] / 1e6
        result["alerts_per_second"] = result["alerts"] * result["rounds"] / result["seconds"]
    return results


def body_files(folder: pathlib.Path) -> dict:
    files = {}
    for count in bodies.SIZES:
        files[count] = folder / f"body-{count}.json"
        files[count].write_bytes(bodies.body("bench-flood", count, just_now()))
    return files


def starts(stack) -> dict:
    return {name: start_to_ready(stack, name) for name in SERVICES}


def resident(stack) -> dict:
    """MB of each process; PostgreSQL's processes share most of theirs and are left out."""
    return {name: resident_mb(pid) for name, pid in pids(stack).items() if name != "postgres"}


def gaps(stack) -> float:
    """Holes that consumers found: records that the dev broker dropped before they were read. Must be 0."""
    total = 0.0
    for name in SERVICES:
        with contextlib.suppress(OSError):
            total += stack.metric(name, "tocsin_consumer_gap_total")
    return total


def latency(stack, count: int, per_second: float) -> dict:
    """Milliseconds from just before the request to the arrival of the message at a webhook sink, one new incident an alert."""
    # A webhook channel has a pace of 50 messages/s: the alerts are shared out over several.
    teams = [Team(stack, f"bench-latency-{number}") for number in range(4)]
    with SinkServer() as sink:
        for team in teams:
            team.channel("sink", "webhook", f"url={sink.url}/bench", "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        time.sleep(3)  # every service re-reads keys and channels within two seconds
        sent = send_paced(stack, teams, count, per_second)
        seen = {}

        def all_arrived():
            for arrival in sink.at("/bench"):
                match = re.search(rb"bench-latency-(\d+)", arrival.body)
                if match:
                    seen.setdefault(int(match[1]), arrival.time)
            return len(seen) >= count

        with contextlib.suppress(AssertionError):
            wait_for("every message arrived", all_arrived, timeout=30, interval=0.1)
    taken = sorted((seen[number] - at) * 1e3 for number, at in sent.items() if number in seen)
    return {
        "sent": count, "arrived": len(taken), "per_second": per_second, "p50_ms": percentile(taken, 50),
        "p99_ms": percentile(taken, 99), "max_ms": taken[-1] if taken else None,
    }


def send_paced(stack, teams: list, count: int, per_second: float) -> dict:
    """Sends at fixed times over one kept connection, for one team after the other; returns when each was sent, by number."""
    address = urllib.parse.urlsplit(stack.gateway)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    headers = [{"Authorization": f"Bearer {team.ingest_key}", "Content-Type": "application/json"} for team in teams]
    sent = {}
    begun = time.monotonic()
    for number in range(count):
        body = bodies.body(f"bench-latency-{number}", 1, just_now())
        time.sleep(max(0.0, begun + number / per_second - time.monotonic()))
        sent[number] = time.time()
        connection.request("POST", PATH, body, headers[number % len(headers)])
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
    connection.close()
    return sent


def percentile(ordered: list, share: int):
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)] if ordered else None


def handled(stack) -> float:
    """Signals whose effects the grouper has committed."""
    return stack.metric("alert-grouper", "tocsin_grouper_signals_total")


def pipeline(stack, folder: pathlib.Path, slug: str, requests: list, copies: int, connections: int, seconds: int) -> dict:
    """Sends the bodies, `copies` times over, and waits until the grouper has committed every alert of them."""
    team = Team(stack, slug)
    time.sleep(3)  # the gateway reads keys every two seconds
    file = folder / f"{slug}.jsonl"
    file.write_bytes(b"".join(body + b"\n" for body in requests))
    alerts = copies * sum(body.count(b'"fingerprint"') for body in requests)
    written, handled_before, gaps_before = rows.settled(stack), handled(stack), gaps(stack)
    bulk = volume.before(stack)
    with Watch(pids(stack)) as watch:
        sent, finished = load.send_once(
            stack.gateway + PATH, file, copies * len(requests), connections, seconds, team.ingest_key,
            until=lambda: wait_committed(stack, handled_before + alerts, seconds))
    drained = wait_quiet(stack, finished)
    changes = rows.difference(written, rows.settled(stack))
    left = volume.since(stack, bulk, alerts) | volume.record_bytes(stack)
    took = finished - sent["first"]
    return {
        "alerts": alerts, "requests": copies * len(requests), "refused": sent["refused"], "broken": sent["broken"],
        "committed": handled(stack) - handled_before, "seconds": took, "alerts_per_second": alerts / took,
        "accepted_per_second": alerts / (sent["last"] - sent["first"]), "drained_after_s": drained,
        "row_writes": rows.total(changes), "tables": changes, "gaps": gaps(stack) - gaps_before,
        "peak_mb": watch.peak_mb, "processor_s": watch.processor,
        "volume": left,
    }


def wait_committed(stack, target: float, seconds: int) -> float:
    """The time at which the last commit was seen, to 20 ms."""
    with contextlib.suppress(AssertionError):
        wait_for("every alert is committed", lambda: handled(stack) >= target, timeout=seconds, interval=0.02)
    return time.time()


def wait_quiet(stack, since: float) -> float:
    """Seconds from the last alert's commit until the outbox is empty and no consumer is behind."""

    def quiet():
        behind = sum(stack.metric(name, "tocsin_consumer_lag_records") for name in SERVICES)
        return behind == 0 and stack.rows("SELECT count(*) AS n FROM outbox")[0]["n"] == 0

    with contextlib.suppress(AssertionError):
        wait_for("the outbox is empty and nobody is behind", quiet, timeout=30, interval=0.1)
    return time.time() - since


def distinct(stack, folder, alerts: int, services: int, connections: int, seconds: int) -> dict:
    """Every alert is new: 20 a body, each body of one service."""
    requests = [
        bodies.body(f"bench-{number % services:04d}", 20, just_now(), first_instance=20 * (number // services)) for number in range(alerts // 20)
    ]
    return pipeline(stack, folder, "bench-distinct", requests, 1, connections, seconds)


def storm(stack, folder, alerts: int, services: int, connections: int, seconds: int) -> dict:
    """The same 20 alerts of each of so many services again and again. One service is one key, so one partition has all the work."""
    requests = [bodies.body(f"bench-storm-{number:02d}", 20, just_now()) for number in range(services)]
    return pipeline(stack, folder, f"bench-storm-{services}", requests, alerts // 20 // services, connections, seconds)
