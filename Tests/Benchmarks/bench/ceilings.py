"""What the broker's library and the database can do at most, and the pipeline of a Python user."""

import json
import subprocess
import time

from bench import bodies, peers

PRELOADED = 100_000


def kafka(stack, programs, count: int, seconds: int) -> dict:
    """librdkafka in plain loops against the same broker, a topic of its own: producer, then consumer."""
    topic, brokers = "bench.bare", stack.saved["KAFKA_BROKERS"]
    peers.make_topic(stack, topic)
    producer = peers.run_json([programs / "bare-producer", brokers, topic, count, 700, seconds], 2 * seconds + 30)
    consumer = peers.run_json([programs / "bare-consumer", brokers, topic, count, seconds], 2 * seconds + 30)
    return {"producer": rate(producer, "acknowledged"), "consumer": rate(consumer, "records")}


def rate(figures: dict, name: str) -> dict:
    return figures if "error" in figures else {**figures, "per_second": figures[name] / max(figures["seconds"], 1e-9)}


def database(stack, seconds: int) -> dict:
    """Rows/s of the bare upsert by rows of a batch and connections, on the stack's own server with its own settings."""
    found = {}
    for size, connections in ((500, 1), (500, 2), (64, 1)):
        command = [peers.PYTHON, peers.HERE / "upsert.py", stack.saved["DATABASE_URL"], size, connections, seconds]
        found[f"{size} rows, {connections} connection{'s' if connections > 1 else ''}"] = rate(peers.run_json(command, 120), "rows")
    drop_table(stack)
    return found


def python_pipeline(stack, seconds: int) -> dict:
    """Alerts/s from Kafka to committed row in one Python process. The records are there before the clock starts."""
    topic = "bench.peer-pipeline"
    peers.make_topic(stack, topic)
    preload(stack, topic)
    command = [
        peers.PYTHON,
        peers.HERE / "pipeline.py",
        stack.saved["KAFKA_BROKERS"],
        topic,
        PRELOADED,
        stack.saved["DATABASE_URL"],
        seconds,
    ]
    found = rate(peers.run_json(command, seconds + 60), "alerts")
    drop_table(stack)
    return found


def preload(stack, topic: str) -> None:
    """Distinct alerts, of a thousand services, keyed by service."""
    starts = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    body = json.loads(bodies.body("SERVICE", 20, starts))["alerts"]
    lines = []
    for number in range(PRELOADED):
        service = f"bench-{number % 1000:04d}"
        alert = bodies.encode({**body[number % 20], "fingerprint": f"{number:016x}"}).replace(b"SERVICE", service.encode())
        lines.append(service.encode() + b"\t" + alert + b"\n")
    subprocess.run(
        ["kcat", "-P", "-q", "-b", stack.saved["KAFKA_BROKERS"], "-t", topic, "-K", "\t", "-z", "lz4"],
        input=b"".join(lines),
        check=True,
        timeout=120,
    )


def drop_table(stack) -> None:
    stack.run("psql", stack.saved["DATABASE_URL"], "-qc", "DROP TABLE IF EXISTS bench_peer")
