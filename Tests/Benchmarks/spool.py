#!/usr/bin/env python3
"""How fast the gateway takes alerts into its spool, how fast it drains them, and what memory that needs.

Usage: Tests/Benchmarks/spool.py [--seconds 20] [--connections 64]     (TOCSIN_BUILD=debug|release; the programs must be built)

Starts a stack of its own, takes the broker away, lets wrk send one alert a request, brings the broker back, and prints a table.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))

from support.stack import Stack, Team, alert, wait_for, webhook  # noqa: E402

GATEWAY = "ingest-gateway"


def resident_megabytes(stack) -> float:
    status = pathlib.Path(f"/proc/{stack.pid(GATEWAY)}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


class Highest(threading.Thread):
    """Highest resident memory, looked at four times a second."""

    def __init__(self, stack):
        super().__init__(daemon=True)
        self.stack = stack
        self.value = 0.0
        self.stop = threading.Event()
        self.start()

    def run(self):
        while not self.stop.wait(0.25):
            self.value = max(self.value, resident_megabytes(self.stack))


def send(stack, team, folder, seconds, connections) -> tuple[float, str]:
    body = webhook(alert("spool-benchmark"))
    body["alerts"][0]["annotations"]["description"] = "The queue of the billing workers is longer than it should be. " * 10
    script = folder / "post.lua"
    script.write_text(
        'wrk.method = "POST"\n'
        f"wrk.body = {json.dumps(json.dumps(body))}\n"
        f'wrk.headers["Authorization"] = "Bearer {team.ingest_key}"\n'
        'wrk.headers["Content-Type"] = "application/json"\n'
    )
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--latency", "-s", str(script)]
    output = subprocess.run([*command, stack.gateway + "/api/webhooks/alertmanager"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output:
        raise SystemExit(f"NOT VALID: requests were refused\n{output}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)), re.search(r"99%\s+(\S+)", output).group(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tocsin-spool-"))
    folder.chmod(0o755)
    stack = Stack(folder)
    stack.environment.update(
        TOCSIN_GATEWAY_KEY_RATE_PER_S="1000000", TOCSIN_GATEWAY_KEY_BURST="1000000", TOCSIN_GATEWAY_SPOOL_MAX_BYTES="4000000000")
    try:
        stack.up()
        team = Team(stack, "spool-benchmark")
        idle = resident_megabytes(stack)
        memory = Highest(stack)
        stack.broker("down")
        # The one that waits for the broker.
        assert team.post("/api/webhooks/alertmanager", webhook(alert("first")), timeout=30).status == 200
        rate, slowest = send(stack, team, folder, options.seconds, options.connections)
        waiting = stack.metric(GATEWAY, "tocsin_gateway_spool_stored_total")
        size = sum(file.stat().st_size for file in (folder / "spool").iterdir())
        filling = memory.value
        memory.value = 0.0
        stack.broker("up")
        # From the first acknowledgement: how soon the client notices the broker is another matter.
        wait_for("the drain begins", lambda: stack.metric(GATEWAY, "tocsin_gateway_spool_drained_total") > 0, 60, 0.005)
        start = time.monotonic()
        begun = stack.metric(GATEWAY, "tocsin_gateway_spool_drained_total")
        wait_for("the spool is empty", lambda: stack.metric(GATEWAY, "tocsin_gateway_spool_records") == 0, 600, 0.02)
        seconds = time.monotonic() - start
        memory.stop.set()
        print("| what | figure |\n|---|---|")
        print(f"| into the spool, 1 alert a request, {options.connections} connections | {rate:,.0f} requests/s, p99 {slowest} |")
        print(f"| in the spool | {waiting:,.0f} alerts in {size / 1e6:.0f} MB of files, {size / waiting:,.0f} B an alert |")
        print(f"| drain, acknowledged and taken out | {(waiting - begun) / seconds:,.0f} alerts/s |")
        print(f"| resident memory of the gateway | {idle:.0f} MB idle, {filling:.0f} MB at most while it fills, {memory.value:.0f} MB "
              "at most while it drains |")
    finally:
        stack.down()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
