#!/usr/bin/env python3
"""Takes the figures of docs/performance.md. Started by Tests/Benchmarks/run, which builds what this needs."""

import argparse
import json
import os
import pathlib
import shlex
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from bench import ceilings, document, environment, gateway, machine, peers, report, sizing, stages  # noqa: E402

STAGES = [
    "codec", "starts", "latency", "latency-storm", "distinct", "storm", "storm-one", "gateway", "kafka", "database", "python-pipeline",
    "deliveries",
]
# Those that need .local/peers.
PEERS = {"database", "python-pipeline"}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Tests/Benchmarks/run", description=__doc__)
    parser.add_argument("--only", default=",".join(STAGES), help=f"stages, of {','.join(STAGES)}")
    parser.add_argument("--alerts", type=int, default=40_000, help="alerts of a pipeline stage, a multiple of 1000 (40000)")
    parser.add_argument("--services", type=int, default=1000, help="services that the distinct alerts are of (1000)")
    parser.add_argument("--connections", type=int, default=64, help="connections to the gateway (64)")
    parser.add_argument("--seconds", type=int, default=4, help="length of each run of a server (4)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the gateway and its peers; medians count (3)")
    parser.add_argument("--limit", type=int, default=120, help="seconds after which a pipeline stage gives up (120)")
    parser.add_argument("--messages", type=int, default=300_000, help="records of the bare producer (300000)")
    parser.add_argument("--latency-alerts", type=int, default=1500, help="alerts of the latency stage (1500)")
    parser.add_argument("--latency-rate", type=float, default=100, help="alerts a second of the latency stage (100)")
    parser.add_argument(
        "--delivery-incidents", type=float, default=40, help="incidents a second of the deliveries stage, each told to 50 sinks (40)")
    parser.add_argument("--codec-seconds", type=float, default=1.0, help="seconds of each codec stage (1)")
    parser.add_argument("--write-docs", action="store_true", help="put the figures and charts into docs/performance.md")
    chosen = parser.parse_args()
    bounds = {
        "alerts": (20, 500_000), "services": (1, 100_000), "connections": (1, 2000), "seconds": (1, 120), "rounds": (1, 20),
        "limit": (1, 600),
        "messages": (1, 10_000_000), "latency_alerts": (1, 10_000), "latency_rate": (0.1, 1000), "codec_seconds": (0.05, 30), "delivery_incidents": (1, 1000),
    }
    for name, (least, most) in bounds.items():
        if not least <= getattr(chosen, name) <= most:
            parser.error(f"--{name.replace('_', '-')} must be from {least} to {most}")
    if chosen.alerts % 1000:
        parser.error("--alerts must be a multiple of 1000")
    chosen.only = chosen.only.split(",")
    if unknown := set(chosen.only) - set(STAGES):
        parser.error(f"no such stage: {', '.join(sorted(unknown))}")
    return chosen


def measure(chosen: argparse.Namespace, folder: pathlib.Path, result: dict) -> None:
    """Fills `result` stage by stage; the pipeline before the flood of the gateway, whose records nobody reads."""
    programs = environment.ROOT / ".build-bench" / "release"
    built = environment.ROOT / ".build" / os.environ["TOCSIN_BUILD"]

    def stage(name, run):
        if name in chosen.only and (name not in PEERS or peers.are_built()):
            print(f"==> {name}", file=sys.stderr, flush=True)
            result[name] = run()

    stage("codec", lambda: stages.codec(built / "codec-benchmark", folder, chosen.codec_seconds))
    if chosen.only == ["codec"]:
        return
    print("==> starting a stack", file=sys.stderr, flush=True)
    with environment.running_stack() as stack:
        stack.wait_ready()
        result["broker"] = "Tocsin's dev broker (in memory, no Kafka)" if "dev-broker" in environment.pids(stack) else "KAFKA_BROKERS"
        stage("starts", lambda: stages.starts(stack))
        time.sleep(5)
        result["idle_mb"] = stages.resident(stack)
        stage("latency", lambda: stages.latency(stack, chosen.latency_alerts, chosen.latency_rate))
        stage("latency-storm", lambda: storm_latency(stack, folder))
        stage("distinct", lambda: stages.distinct(stack, folder, chosen.alerts, chosen.services, chosen.connections, chosen.limit))
        stage("storm", lambda: stages.storm(stack, folder, chosen.alerts, 50, chosen.connections, chosen.limit))
        stage("storm-one", lambda: stages.storm(stack, folder, chosen.alerts, 1, chosen.connections, chosen.limit))
        starts_at = stages.just_now()
        stage("gateway", lambda: gateway.measure(
            stack, folder, programs, starts_at, chosen.connections, chosen.seconds, chosen.rounds))
        stage("kafka", lambda: ceilings.kafka(stack, programs, chosen.messages, 30))
        stage("database", lambda: ceilings.database(stack, 5))
        stage("python-pipeline", lambda: ceilings.python_pipeline(stack, 30))
    # A stack of its own: its incidents and channels are in nobody's way.
    stage("deliveries", lambda: deliveries(chosen.delivery_incidents, folder))


def storm_latency(stack, folder: pathlib.Path) -> dict:
    from bench.storm_latency import latency_under_storm

    return latency_under_storm(stack, folder)


def deliveries(incidents_per_second: float, folder: pathlib.Path) -> dict:
    import deliveries as program

    chosen = argparse.Namespace(sinks=50, rate=incidents_per_second, seconds=15, cases=",".join(program.CASES), set=[])
    return program.measure(chosen, folder)


def main() -> int:
    chosen = options()
    # The stack is stopped on the way out of a signal, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    result = {
        "taken": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "command": shlex.join(["Tests/Benchmarks/run", *sys.argv[1:]]),
        "settings": {**vars(chosen), **environment.SETTINGS},
        "machine": machine.describe(environment.ROOT),
        "broker": "none",
    }
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-bodies-") as folder:
        measure(chosen, pathlib.Path(folder), result)
    if (kept := environment.ROOT / "docs" / "performance" / "scale.json").exists():
        result["scale"] = json.loads(kept.read_text())
    text = report.markdown(result)
    target = environment.ROOT / ".local" / "benchmarks"
    target.mkdir(parents=True, exist_ok=True)
    name = time.strftime("%Y-%m-%d-%H%M%S", time.gmtime())
    (target / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    (target / f"{name}.md").write_text(text + "\n")
    print(text)
    if chosen.write_docs:
        document.write(environment.ROOT / "docs", text, result)
        sizing.keep(environment.ROOT / "docs", result)
    print(f"\nwritten to .local/benchmarks/{name}.md and .json", file=sys.stderr)
    return 1 if "NOT VALID" in text else 0


if __name__ == "__main__":
    sys.exit(main())
