"""One stack for the whole catalogue, with short times, and a team whose messages go to a sink."""

import os
import pathlib
import shutil
import sys
import tempfile

import pytest

FAULTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(FAULTS), str(FAULTS.parent / "EndToEnd"), str(FAULTS / "catalogue")]

from shop import Shop  # noqa: E402
from support.sinks import SinkServer  # noqa: E402
from support.stack import Stack  # noqa: E402
from world import World, short_or_long  # noqa: E402

# A killed member of a consumer group holds its partitions for the session's length, and a request to join waits for the poll interval when its
# answer is lost: short, so that every restart is. One request in flight: the dev broker checks no sequence numbers (../README.md).
KAFKA = (
    "session.timeout.ms=3000;heartbeat.interval.ms=500;socket.timeout.ms=4000;max.in.flight.requests.per.connection=1"
    + short_or_long(";max.poll.interval.ms=15000", "")
)


@pytest.fixture(scope="session")
def world():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tocsin-faults-"))
    folder.chmod(0o755)
    stack = Stack(folder)
    stack.environment |= {
        "TOCSIN_DEV_BROKERS": "3", "TOCSIN_KAFKA_PROPERTIES": KAFKA, "TOCSIN_NOTIFIER_LEASE_SECONDS": "5",
        "TOCSIN_GATEWAY_PUBLISH_TIMEOUT_MS": "1500",
    }
    running = None
    try:
        stack.up()
        running = World(stack)
        yield running
    finally:
        if running:
            running.close()
        stack.down()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sink(tmp_path_factory):
    with SinkServer(ledger=tmp_path_factory.mktemp("sink") / "arrivals.jsonl") as server:
        yield server


@pytest.fixture(scope="session")
def _shop(world, sink):
    return Shop(world.stack, sink, "faults")


@pytest.fixture
def shop(world, _shop, request):
    """The team of all rows; what a row sends carries the row's name, and is checked by it."""
    world.heal()
    _shop.begin(request.node.name)
    yield _shop
    world.heal()


@pytest.fixture
def own_shop(world, sink, request):
    """A team of the test's own, for what leaves a channel or an incident behind that others would notice."""
    world.heal()
    row = request.node.name.removeprefix("test_").split("_")[1]
    yield Shop(world.stack, sink, f"row-{row}-{os.urandom(3).hex()}").begin(request.node.name)
    world.heal()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows the ends of the logs when a row fails."""
    outcome = yield
    report = outcome.get_result()
    running = getattr(item, "funcargs", {}).get("world")
    if report.when == "call" and report.failed and running is not None:
        for path in sorted((running.stack.folder / "log").glob("*.log")):
            tail = path.read_text(errors="replace").splitlines()[-3:]
            if tail:
                report.sections.append((f"log {path.stem}", "\n".join(line[:400] for line in tail)))
