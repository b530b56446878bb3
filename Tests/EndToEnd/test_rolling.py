"""Every service is stopped and started in turn while alerts come in: nothing accepted is lost, nothing is told twice."""

import http.client
import json
import os
import signal

import pytest

from support.instance import begin, end, wait_ready
from support.outcome import check_all_told_once
from support.sinks import SinkServer
from support.stack import SERVICES, alert, wait_for, webhook
from support.traffic import Traffic

SECRET = "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def sink(tmp_path):
    with SinkServer(ledger=tmp_path / "arrivals.jsonl") as server:
        yield server


def test_rolling_restart_under_load(stack, team, sink):
    team.channel("hook", "webhook", f"url={sink.url}/rolling", SECRET)
    with Traffic(team, "roll") as traffic:
        for service in SERVICES:
            before = len(traffic.accepted)
            begin(stack, service, end(stack, service))
            wait_ready(stack, service)
            wait_for("alerts are accepted again", lambda: len(traffic.accepted) > before + 2, timeout=60)
    print(traffic.summary())
    check_all_told_once(traffic, sink, "/rolling")


def test_a_request_in_hand_is_finished_when_the_gateway_stops(stack, team):
    """The gateway has the head and half of the body when it is told to stop: the sender still gets its 200, and the alert its incident."""
    body = json.dumps(webhook(alert("in-hand"))).encode()
    address = stack.gateway.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=15)
    connection.putrequest("POST", "/api/webhooks/alertmanager")
    connection.putheader("Authorization", f"Bearer {team.ingest_key}")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[: len(body) // 2])
    # The server has taken the connection when it answers another one that came later.
    assert team.post("/api/webhooks/alertmanager", {}).status == 400
    gateway = stack.pid("ingest-gateway")
    os.kill(gateway, signal.SIGTERM)
    try:

        def refuses():
            other = http.client.HTTPConnection(address, timeout=2)
            try:
                other.connect()
                return False
            except OSError:
                return True
            finally:
                other.close()

        wait_for("nobody else is let in", refuses, timeout=15)
        connection.send(body[len(body) // 2 :])
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        wait_for("the gateway has ended", lambda: stack._is_zombie(gateway) or not os.path.exists(f"/proc/{gateway}/exe"), timeout=40)
        stack.up()
    team.incident_of("in-hand")
