"""The parts of Tests/Benchmarks/scale. Each starts a stack of its own, so that none inherits the tables of another.

The cost of an alert is the processor time of PostgreSQL and of all groupers: it says more than the rate where everything shares two cores.
"""

import contextlib
import os
import pathlib
import re
import subprocess
import threading
import time

from bench import bodies, load, preload, stages
from bench.environment import ROOT, free_port_block, pids, request, running_stack, wait_for
from bench.processes import Watch

from support.stack import Team  # noqa: E402  (bench.environment makes it importable)

PARTITIONS = 32
LIMIT_S = 120
CONNECTIONS = 32
# Alerts of an expiry.
EXPIRED = 1_000


def send(stack, folder, requests: list, groupers: dict, keys: list) -> dict:
    """Sends each body once and waits for its commit; costs of one alert."""
    file, key_file = folder / "bodies.jsonl", folder / "keys"
    file.write_bytes(b"".join(body + b"\n" for body in requests))
    key_file.write_text("".join(key + "\n" for key in keys))
    alerts = sum(body.count(b'"fingerprint"') for body in requests)
    before = {name: handled(port) for name, (_, port) in groupers.items()}
    watched = {"postgres": pids(stack)["postgres"], **{name: pid for name, (pid, _) in groupers.items()}}
    with Watch(watched) as watch:
        sent, finished = load.send_once(
            stack.gateway + stages.PATH,
            file,
            len(requests),
            CONNECTIONS,
            LIMIT_S,
            keys[0],
            keys=key_file,
            until=lambda: wait_for_signals(groupers, sum(before.values()) + alerts),
        )
    if sent["refused"] or sent["broken"]:
        raise RuntimeError(f"{sent['refused']} requests refused, {sent['broken']} broken")
    return {
        "alerts_per_second": alerts / (finished - sent["first"]),
        "postgres_us": watch.processor["postgres"] / alerts * 1e6,
        "grouper_us": sum(watch.processor[name] for name in groupers) / alerts * 1e6,
        "shares": {name: handled(port) - before[name] for name, (_, port) in groupers.items()},
    }


def wait_for_signals(groupers: dict, target: float) -> float:
    wait_for("every alert is committed", lambda: sum(handled(port) for _, port in groupers.values()) >= target, LIMIT_S, 0.02)
    return time.time()


def handled(port: int) -> float:
    total = 0.0
    for line in request("GET", f"http://127.0.0.1:{port}/metrics").body.decode().splitlines():
        if line.split("{")[0].split(" ")[0] == "tocsin_grouper_signals_total":
            total += float(line.rsplit(" ", 1)[1])
    return total


def first_grouper(stack) -> dict:
    return {"alert-grouper": (stack.pid("alert-grouper"), stack.admin_base + 1)}


def middle(runs: list) -> dict:
    """The run with the median cost; its rate, too."""
    ordered = sorted(runs, key=lambda run: run["postgres_us"] + run["grouper_us"])
    return {**ordered[len(ordered) // 2], "rates": [round(run["alerts_per_second"]) for run in runs]}


def distinct(slug: str, alerts: int, services: int = 500, labels: int = 8) -> list:
    """New alerts, 20 a body, spread over so many services."""
    starts = stages.just_now()
    return [
        bodies.widened(bodies.body(f"{slug}-{number % services:04d}", 20, starts, first_instance=20 * (number // services)), labels)
        for number in range(alerts // 20)
    ]


# --- Parts


def instances(folder, chosen) -> list:
    """1, 2 and 4 groupers over 32 partitions, and what PostgreSQL says of their locks."""
    found = []
    with own_broker(folder) as brokers, running_stack(KAFKA_BROKERS=brokers) as stack:
        stack.wait_ready()
        key = team_key(stack, "bench-instances")
        note_lock_waits(stack)
        with contextlib.ExitStack() as started:
            groupers = first_grouper(stack)
            warm_up(stack, folder, chosen.alerts, groupers, [key])
            for count in (1, 2, 4):
                while len(groupers) < count:
                    name = f"alert-grouper-{len(groupers) + 1}"
                    groupers[name] = started.enter_context(another_grouper(stack))
                if count > 1:
                    # The mock cluster forms the group anew some seconds after a member joined.
                    time.sleep(12)
                before = locks(stack)
                runs = [
                    send(stack, folder, distinct(f"i{count}-{turn}", 2 * chosen.alerts), groupers, [key]) for turn in range(chosen.rounds)
                ]
                after = locks(stack)
                found.append(
                    {
                        "instances": count,
                        **middle(runs),
                        "deadlocks": after["deadlocks"] - before["deadlocks"],
                        "lock_waits": len(after["waits"]) - len(before["waits"]),
                        "waited_for": after["waits"][len(before["waits"]) :],
                    }
                )
    return found


def open(folder, chosen) -> list:
    """New alerts, repeats, and a pass that expires alerts, beside so many open ones."""
    found = []
    with running_stack() as stack:
        stack.wait_ready()
        grow_buffers(stack, chosen.shared_buffers)
        team = Team(stack, "bench-open")
        team_id = stack.rows("SELECT id FROM teams WHERE slug = 'bench-open'")[0]["id"]
        time.sleep(3)
        groupers, here = first_grouper(stack), 0
        for size in chosen.open:
            preload.open_alerts(stack, team_id, here, size)
            preload.settle(stack)
            here = size
            # The first round finds cold caches, and pages that the write-ahead log has not seen since the checkpoint.
            rounds = [open_round(stack, folder, f"o{size}-{turn}", team, team_id, chosen.alerts) for turn in range(chosen.rounds + 1)][1:]
            found.append({"open": size, **{kind: middle([one[kind] for one in rounds]) for kind in rounds[0]}})
    return found


def open_round(stack, folder, slug: str, team, team_id: str, alerts: int) -> dict:
    """New alerts, the same again, and an expiry; leaves as many open ones as it found."""
    groupers, requests = first_grouper(stack), distinct(slug, alerts)
    new = send(stack, folder, requests, groupers, [team.ingest_key])
    again = send(stack, folder, requests, groupers, [team.ingest_key])
    preload.resolve(stack, f"{slug}-%")
    expiry = expire(stack, groupers, team_id, EXPIRED)
    preload.replace(stack, team_id, EXPIRED)
    return {"new": new, "repeats": again, "expiry": expiry}


def expire(stack, groupers: dict, team_id: str, count: int) -> dict:
    """Makes some of the preloaded alerts due, and waits until they are resolved."""
    watched = {"postgres": pids(stack)["postgres"], **{name: pid for name, (pid, _) in groupers.items()}}
    preload.make_due(stack, team_id, count)
    begun = time.monotonic()
    with Watch(watched) as watch:
        wait_for("the due alerts are resolved", lambda: preload.due(stack) == 0, LIMIT_S, 0.2)
    return {
        "alerts_per_second": count / (time.monotonic() - begun),
        "postgres_us": watch.processor["postgres"] / count * 1e6,
        "grouper_us": sum(watch.processor[name] for name in groupers) / count * 1e6,
    }


def teams(folder, chosen) -> list:
    """The same number of alerts and incidents, in an installation of so many teams, of as many of them as there are bodies."""
    found = []
    with running_stack() as stack:
        stack.wait_ready()
        groupers = first_grouper(stack)
        warm = preload.team_keys(stack, 0, 1)
        time.sleep(3)
        warm_up(stack, folder, chosen.alerts, groupers, warm)
        keys = warm
        for count in (1, 10, 100, 1_000, 10_000):
            keys += preload.team_keys(stack, len(keys), count)
            wait_until_known(stack, keys[-1])
            # Spread over all of them, not the first ones only.
            step = max(1, count // (chosen.alerts // 20))
            used = keys[:count:step]
            runs = [send(stack, folder, distinct(f"t{count}-{turn}", chosen.alerts), groupers, used) for turn in range(chosen.rounds)]
            found.append({"teams": count, **middle(runs)})
    return found


def labels(folder, chosen) -> list:
    """Alerts with so many labels each."""
    found = []
    with running_stack(TOCSIN_GATEWAY_MAX_LABELS="64") as stack:
        stack.wait_ready()
        key = team_key(stack, "bench-labels")
        groupers = first_grouper(stack)
        warm_up(stack, folder, chosen.alerts, groupers, [key])
        for count in (5, 10, 20, 40, 60):
            runs = [
                send(stack, folder, distinct(f"l{count}-{turn}", chosen.alerts // 2, labels=count), groupers, [key])
                for turn in range(chosen.rounds)
            ]
            found.append({"labels": count, **middle(runs)})
    return found


# --- Around them


def warm_up(stack, folder, alerts: int, groupers: dict, keys: list) -> None:
    """Fills caches, and gives PostgreSQL the statistics that autovacuum gives any installation within minutes."""
    send(stack, folder, distinct("warm", alerts), groupers, keys)
    preload.settle(stack)


def team_key(stack, slug: str) -> str:
    team = Team(stack, slug)
    time.sleep(3)
    return team.ingest_key


def wait_until_known(stack, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    wait_for("the gateway knows the key", lambda: request("POST", stack.gateway + stages.PATH, {}, headers).status == 400, 30, 0.2)


@contextlib.contextmanager
def own_broker(folder: pathlib.Path):
    """A dev broker whose tocsin.signals has 32 partitions; its address."""
    program = ROOT / ".build" / os.environ["TOCSIN_BUILD"]
    topics = subprocess.run([program / "tocsin", "topics", "--plain"], capture_output=True, text=True, check=True).stdout.split()
    arguments = []
    for topic in topics:
        name, _, partitions = topic.partition(":")
        arguments += ["--topic", f"{name}:{PARTITIONS if name == 'tocsin.signals' else partitions}"]
    address = folder / "brokers"
    process = subprocess.Popen([program / "dev-broker", "--brokers-file", address, *arguments], stdout=subprocess.DEVNULL)
    try:
        wait_for("the broker is there", lambda: address.exists() and address.read_text().strip(), 10)
        yield address.read_text().strip()
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def another_grouper(stack):
    """One more with the environment of the first, on an admin port of its own; pid and port."""
    port = free_port_block(1, 29100)
    environment = {**stack.environment_of("alert-grouper"), "TOCSIN_ADMIN_PORT": str(port)}
    process = subprocess.Popen(
        [stack.bin / "alert-grouper"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    # Without a reaper it would stay a zombie where it ends early.
    threading.Thread(target=process.wait, daemon=True).start()

    def ready():
        with contextlib.suppress(OSError):
            return request("GET", f"http://127.0.0.1:{port}/ready").status == 200

    try:
        wait_for("one more grouper is ready", ready, 60, 0.1)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(20)


def grow_buffers(stack, size: str) -> None:
    """Restarts PostgreSQL with so much shared memory."""
    stack.run("psql", stack.saved["DATABASE_URL"], "-qc", f"ALTER SYSTEM SET shared_buffers = '{size}'")
    log = pathlib.Path(stack.rows_data_directory()).parent / "postgres.log"
    stack.postgres("-l", str(log), "-m", "fast", "-w", "restart")
    stack.wait_ready()


def note_lock_waits(stack) -> None:
    """Has PostgreSQL log every wait for a lock of more than 10 ms."""
    for setting in ("log_lock_waits = on", "deadlock_timeout = '10ms'"):
        stack.run("psql", stack.saved["DATABASE_URL"], "-qc", f"ALTER SYSTEM SET {setting}")
    stack.rows("SELECT pg_reload_conf()")


def locks(stack) -> dict:
    """Deadlocks and waits over 10 ms since the server's start."""
    deadlocks = stack.rows("SELECT sum(deadlocks) AS n FROM pg_stat_database")[0]["n"]
    log = pathlib.Path(stack.rows_data_directory()).parent / "postgres.log"
    waits = re.findall(r"still waiting for (\w+) on (\w+)", log.read_text(errors="replace"))
    return {"deadlocks": int(deadlocks or 0), "waits": [f"{mode} on a {what}" for mode, what in waits]}
