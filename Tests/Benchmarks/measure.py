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

from bench import environment, machine, report, stages  # noqa: E402

STAGES = ["codec", "starts", "latency", "distinct", "storm", "gateway", "producer"]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Tests/Benchmarks/run", description=__doc__)
    parser.add_argument("--only", default=",".join(STAGES), help=f"stages, of {','.join(STAGES)}")
    parser.add_argument("--alerts", type=int, default=20_000, help="alerts of each pipeline stage, a multiple of 20 (20000)")
    parser.add_argument("--services", type=int, default=1000, help="services that the distinct alerts are of (1000)")
    parser.add_argument("--connections", type=int, default=64, help="connections to the gateway (64)")
    parser.add_argument("--seconds", type=int, default=8, help="length of each gateway run (8)")
    parser.add_argument("--limit", type=int, default=120, help="seconds after which a pipeline stage gives up (120)")
    parser.add_argument("--messages", type=int, default=300_000, help="records of the bare producer (300000)")
    parser.add_argument("--latency-alerts", type=int, default=300, help="alerts of the latency stage (300)")
    parser.add_argument("--latency-rate", type=float, default=10, help="alerts a second of the latency stage (10)")
    parser.add_argument("--codec-seconds", type=float, default=1.0, help="seconds of each codec stage (1)")
    chosen = parser.parse_args()
    bounds = {
        "alerts": (20, 500_000), "services": (1, 100_000), "connections": (1, 2000), "seconds": (1, 120), "limit": (1, 600),
        "messages": (1, 10_000_000), "latency_alerts": (1, 10_000), "latency_rate": (0.1, 1000), "codec_seconds": (0.05, 30),
    }
    for name, (least, most) in bounds.items():
        if not least <= getattr(chosen, name) <= most:
            parser.error(f"--{name.replace('_', '-')} must be from {least} to {most}")
    if chosen.alerts % 20:
        parser.error("--alerts must be a multiple of 20")
    chosen.only = chosen.only.split(",")
    if unknown := set(chosen.only) - set(STAGES):
        parser.error(f"no such stage: {', '.join(sorted(unknown))}")
    return chosen


def measure(chosen: argparse.Namespace, folder: pathlib.Path, result: dict) -> None:
    """Fills `result` stage by stage; the pipeline before the flood of the gateway, whose records nobody reads."""
    programs = environment.ROOT / ".build-bench" / "release"
    built = environment.ROOT / ".build" / os.environ["TOCSIN_BUILD"]

    def stage(name, run):
        if name in chosen.only:
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
        stage("distinct", lambda: stages.distinct(stack, folder, chosen.alerts, chosen.services, chosen.connections, chosen.limit))
        stage("storm", lambda: stages.storm(stack, folder, chosen.alerts, chosen.connections, chosen.limit))
        if "gateway" in chosen.only:
            with environment.bare_server(programs / "bare-server") as (url, pid):
                stage("gateway", lambda: stages.gateway(stack, folder, url, pid, chosen.connections, chosen.seconds))
        stage("producer", lambda: stages.producer(stack, programs / "bare-producer", chosen.messages, 30))


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
    text = report.markdown(result)
    target = environment.ROOT / ".local" / "benchmarks"
    target.mkdir(parents=True, exist_ok=True)
    name = time.strftime("%Y-%m-%d-%H%M%S", time.gmtime())
    (target / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    (target / f"{name}.md").write_text(text + "\n")
    print(text)
    print(f"\nwritten to .local/benchmarks/{name}.md and .json", file=sys.stderr)
    return 1 if "NOT VALID" in text else 0


if __name__ == "__main__":
    sys.exit(main())
