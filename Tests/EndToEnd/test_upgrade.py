"""The previous release beside this one, on this release's schema: old and new instances share topics, groups and tables."""

import os
import pathlib

import pytest

from support.instance import Instance, begin, end, wait_ready
from support.outcome import check_all_told_once
from support.sinks import SinkServer
from support.stack import SERVICES, free_port_block, request, wait_for
from support.traffic import Traffic

PROGRAMS = os.environ.get("TOCSIN_PREVIOUS_PROGRAMS", "")
# That release waited ten seconds for a silent member, this one waits six. Kafka does not mind; librdkafka's mock cluster gets stuck when
# the members of a group differ in it.
SAME_SESSIONS = {"TOCSIN_KAFKA_PROPERTIES": "session.timeout.ms=6000;heartbeat.interval.ms=1000"}
SECRET = "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="TOCSIN_PREVIOUS_PROGRAMS is not set: Tests/Upgrade/build-previous makes them")


@pytest.fixture
def sink(tmp_path):
    with SinkServer(ledger=tmp_path / "arrivals.jsonl") as server:
        yield server


@pytest.fixture
def previous(stack):
    """One instance of each service of the previous release, not started."""
    first = free_port_block(2 * len(SERVICES), 32000)
    instances = {
        name: Instance(stack, name, pathlib.Path(PROGRAMS), "previous", first + 2 * place) for place, name in enumerate(SERVICES)
    }
    for instance in instances.values():
        instance.environment |= SAME_SESSIONS
    try:
        yield instances
    finally:
        for instance in instances.values():
            instance.stop()
        stack.up()


def test_old_and_new_together_and_one_after_the_other(stack, team, sink, previous):
    """Both releases at once; then each service as the old one alone, the new one alone, the old one again, under traffic all the time."""
    team.channel("hook", "webhook", f"url={sink.url}/upgrade", SECRET)
    gaps = sum(stack.metric(name, "tocsin_consumer_gap_total") for name in SERVICES)
    letters = len(stack.rows("SELECT 1 FROM dead_letters"))
    for instance in previous.values():
        instance.start()
    for instance in previous.values():
        instance.wait_ready()
    with Traffic(team, "up", gateways=[stack.gateway, previous["ingest-gateway"].url]) as traffic:
        wait_for("both together", lambda: len(traffic.accepted) >= 40, timeout=60)
        for name, old in previous.items():
            # The new one goes: the old one has all the work.
            environment = end(stack, name)
            progress(traffic)
            # The upgrade: the new one comes, the old one goes.
            begin(stack, name, environment)
            wait_ready(stack, name)
            old.stop()
            progress(traffic)
            # And back again.
            old.start()
            old.wait_ready()
    print(traffic.summary())
    assert {200} <= set(traffic.answers) <= {200, 503, "refused", "broken"}, traffic.answers
    check_all_told_once(traffic, sink, "/upgrade")
    # Either release reads what the other has written: pages and API of both show the same incidents.
    api = {"Authorization": f"Bearer {team.api_key}"}
    check_consoles_agree(stack.console, previous["console"].url, api, len(traffic.accepted))
    assert len(stack.rows("SELECT 1 FROM dead_letters")) == letters, "no release calls a record of the other unfit"
    assert sum(stack.metric(name, "tocsin_consumer_gap_total") for name in SERVICES) <= gaps, "no release finds a gap that the other made"


def progress(traffic: Traffic, alerts: int = 15) -> None:
    """Some alerts are accepted, and the first of them becomes its incident, by whoever is there."""
    before = len(traffic.accepted)
    wait_for("alerts are accepted", lambda: len(traffic.accepted) >= before + alerts, timeout=60)
    known = list(traffic.accepted)[before + 1]
    wait_for(
        "an incident",
        lambda: traffic.team.stack.rows(f"SELECT 1 FROM incidents WHERE labels->>'service' = '{known}'"),
        timeout=60,
        interval=0.2,
    )


def check_consoles_agree(new: str, old: str, headers: dict, count: int) -> None:
    def incidents(console):
        found, cursor = {}, ""
        while True:
            page = request("GET", f"{console}/api/incidents?limit=500{cursor}", headers=headers).json
            found |= {incident["id"]: incident for incident in page["incidents"]}
            if not page.get("nextCursor"):
                return found
            cursor = f"&cursor={page['nextCursor']}"

    ours, theirs = incidents(new), incidents(old)
    assert len(ours) == count
    for name, incident in theirs.items():
        assert {key: ours[name][key] for key in incident} == incident
    assert ours.keys() == theirs.keys()
