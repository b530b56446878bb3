"""The programs that the gateway and the pipeline stand beside, started and stopped."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from bench import bodies
from bench.environment import ROOT, free_port_block, pids, request, wait_for

HERE = ROOT / "Tests" / "Benchmarks" / "peers"
BUILT = ROOT / ".local" / "peers"
PYTHON = BUILT / "venv" / "bin" / "python"
PATH = "/api/webhooks/alertmanager"


def are_built() -> bool:
    return PYTHON.exists()


class Peer:
    """A server that takes webhooks. `body` makes what it takes of a number of alerts and their start."""

    def __init__(self, name: str, command: list, path: str = PATH, body=None, environment=None):
        self.name, self.command, self.path = name, command, path
        self.body = body or (lambda count, starts: bodies.body("bench-flood", count, starts))
        self.environment = environment or {}
        self.process, self.url = None, ""

    def start(self, starts: str) -> None:
        port = free_port_block(1, 19080)
        self.url = f"http://127.0.0.1:{port}{self.path}"
        command = [str(part).replace("PORT", str(port)) for part in self.command]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **self.environment}, start_new_session=True
        )

        def answers():
            with contextlib.suppress(OSError):
                return request("POST", self.url, self.body(1, starts)).status == 200

        wait_for(f"{self.name} answers", answers, timeout=20)

    def stop(self) -> None:
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)


def alertmanager_body(count: int, starts: str) -> bytes:
    """What Prometheus posts: the same alerts without what Alertmanager adds."""
    alerts = json.loads(bodies.body("bench-flood", count, starts))["alerts"]
    names = ("labels", "annotations", "startsAt", "generatorURL")
    return bodies.encode([{name: alert[name] for name in names} for alert in alerts])


@contextlib.contextmanager
def servers(stack, programs: pathlib.Path, starts: str):
    """Every peer server that is built, answering; by name. The topics are theirs alone."""
    brokers = stack.saved["KAFKA_BROKERS"]
    folder = tempfile.mkdtemp(prefix="tocsin-bench-peers-")
    found = [
        Peer("bare Hummingbird", [programs / "bare-server", "PORT"]),
        Peer("Hummingbird + JSONDecoder, no Kafka", [programs / "foundation-server", "PORT"]),
    ]
    if are_built():
        make_topic(stack, "bench.peer-python")
        for workers in (1, 2):
            command = [PYTHON, HERE / "webhook_server.py", "PORT", brokers, "bench.peer-python", workers]
            found.append(Peer(f"uvicorn + orjson + confluent-kafka, {workers} process{'es' if workers > 1 else ''}", command))
    if (BUILT / "webhook-server").exists():
        make_topic(stack, "bench.peer-go")
        found.append(Peer("Go net/http + sarama", [BUILT / "webhook-server", "PORT", brokers, "bench.peer-go"]))
    if program := shutil.which("prometheus-alertmanager"):
        command = [
            program,
            f"--config.file={HERE}/alertmanager.yml",
            f"--storage.path={folder}",
            "--web.listen-address=127.0.0.1:PORT",
            "--cluster.listen-address=",
            "--log.level=error",
        ]
        found.append(Peer("Alertmanager, in memory", command, "/api/v2/alerts", alertmanager_body))
    try:
        yield [peer for peer in found if does_start(peer, starts)]
    finally:
        for peer in found:
            peer.stop()
        shutil.rmtree(folder, ignore_errors=True)


def does_start(peer: Peer, starts: str) -> bool:
    """One that does not answer is told and left out: it is missing in the table, too."""
    try:
        peer.start(starts)
        return True
    except AssertionError as error:
        print(f"left out: {error}", file=sys.stderr, flush=True)
        return False


def make_topic(stack, name: str, partitions: int = 64) -> None:
    if "dev-broker" in pids(stack):
        stack.broker(f"topic {name} {partitions}")


def run_json(command: list, timeout: float) -> dict:
    """What a program of the peers printed, or its error."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout, cwd=HERE)
    if not result.stdout.startswith("{"):
        return {"error": result.stderr.strip()[-300:]}
    return json.loads(result.stdout)
