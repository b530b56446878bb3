"""Every service killed, the broker and PostgreSQL away: nothing accepted is lost, nothing is told twice."""

import concurrent.futures
import json

import pytest

from support.sinks import SinkServer
from support.stack import alert, wait_for, webhook

SECRET = "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def sink(tmp_path):
    with SinkServer(ledger=tmp_path / "arrivals.jsonl") as server:
        yield server


def send_many(team, prefix: str, count: int):
    """One webhook for each of `count` services, several at once; each is tried until it is accepted."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda n: team.send(webhook(alert(f"{prefix}-{n}"))), range(count)))


def check_each_told_once(team, sink, prefix: str, count: int, path: str):
    """Exactly one incident and one message for each accepted alert."""

    def complete():
        services = [i["labels"]["service"] for i in team.incidents() if i["labels"]["service"].startswith(prefix + "-")]
        return services if len(set(services)) == count else None

    services = wait_for(f"{count} incidents", complete, timeout=90, interval=0.2)
    assert len(services) == count, "an alert must not become two incidents"
    wait_for("every message has arrived", lambda: len(told(sink, prefix, path)) == count, timeout=90, interval=0.2)
    messages = sink.at(path)
    resends = team.stack.rows(
        "SELECT coalesce(sum(d.resends), 0) AS n FROM deliveries d JOIN teams t ON t.id = d.team_id "
        f"WHERE t.slug = '{team.slug}'"
    )[0]["n"]
    twice = len(messages) - len({m.headers["webhook-id"] for m in messages})
    assert twice <= resends, "a message goes out twice only with the same id, after a crash in the middle of sending, and is counted"


def told(sink, prefix, path):
    bodies = [json.loads(m.body) for m in sink.at(path)]
    services = {b["data"]["labels"]["service"] for b in bodies if b["type"] == "incident.opened"}
    return [service for service in services if service.startswith(prefix + "-")]


@pytest.mark.parametrize("service", ["ingest-gateway", "alert-grouper", "notifier", "metrics-aggregator", "doc-publisher", "console"])
def test_kill_9_in_the_middle(stack, team, sink, service):
    path = f"/webhook/kill-{service}"
    team.channel("hook", "webhook", f"url={sink.url}{path}", SECRET)
    count = 60
    with concurrent.futures.ThreadPoolExecutor(1) as background:
        sending = background.submit(send_many, team, f"k-{service}", count)
        wait_for("half of it", lambda: sending.done() or stack.rows(
            f"SELECT count(*) AS n FROM incidents i JOIN teams t ON t.id = i.team_id WHERE t.slug = '{team.slug}'")[0]["n"] > count // 4)
        stack.kill(service)
        stack.up()
        sending.result(120)
    check_each_told_once(team, sink, f"k-{service}", count, path)
    if service == "metrics-aggregator":
        wait_for("the figures are whole", lambda: team.api("GET", "/api/metrics").json["totalIncidents"] == count, timeout=60)


def test_kill_9_of_everything_at_once(stack, team, sink):
    path = "/webhook/kill-all"
    team.channel("hook", "webhook", f"url={sink.url}{path}", SECRET)
    send_many(team, "all", 40)
    for service in ("ingest-gateway", "alert-grouper", "notifier", "metrics-aggregator", "doc-publisher", "console"):
        stack.kill(service)
    stack.up()
    check_each_told_once(team, sink, "all", 40, path)


def test_broker_away_and_back(stack, team, sink):
    """While the broker is away the gateway accepts into its spool and stays ready; afterwards everything goes on unaided."""
    path = "/webhook/broker"
    team.channel("hook", "webhook", f"url={sink.url}{path}", SECRET)
    send_many(team, "b1", 10)
    check_each_told_once(team, sink, "b1", 10, path)
    stack.broker("down")
    try:
        for number in range(5):
            answer = team.post("/api/webhooks/alertmanager", webhook(alert(f"b2-{number}")), timeout=30)
            assert answer.status == 200, answer
        assert stack.admin("ingest-gateway", "/ready").status == 200
    finally:
        stack.broker("up")
    for number in range(5, 10):
        team.send(webhook(alert(f"b2-{number}")))
    check_each_told_once(team, sink, "b2", 10, path)


def test_postgresql_away_and_back(stack, team, sink):
    """While PostgreSQL is away the gateway accepts; when it is back every accepted alert becomes its incident."""
    path = "/webhook/postgres"
    team.channel("hook", "webhook", f"url={sink.url}{path}", SECRET)
    team.send(webhook(alert("p0")))
    team.incident_of("p0")
    stack.postgres("-m", "immediate", "-w", "stop")
    try:
        send_many(team, "p1", 20)
    finally:
        stack.run("deploy/local/up")
    check_each_told_once(team, sink, "p1", 20, path)


def test_dead_channel_delays_no_other(stack, team, sink):
    sink.script("/webhook/dead", status=500)
    team.channel("dead", "webhook", f"url={sink.url}/webhook/dead", SECRET)
    team.channel("well", "webhook", f"url={sink.url}/webhook/well", SECRET)
    send_many(team, "d", 20)
    check_each_told_once(team, sink, "d", 20, "/webhook/well")
    pending = stack.rows(
        "SELECT d.state, d.next_attempt_at > now() AS later FROM deliveries d JOIN notification_channels c ON c.id = d.channel_id "
        f"JOIN teams t ON t.id = d.team_id WHERE t.slug = '{team.slug}' AND c.name = 'dead'"
    )
    assert pending and all(row["state"] == "pending" for row in pending), "kept for later, not lost"


def test_poison_goes_to_the_dead_letters_and_the_rest_goes_on(stack, team):
    stack.run(
        "bash", "-c", "printf 'not json' | kcat -b \"$KAFKA_BROKERS\" -P -t tocsin.signals -k poison -p 0", **stack.operator_environment()
    )
    team.send(webhook(alert("after-poison")))
    team.incident_of("after-poison")
    letters = wait_for("the dead letter", lambda: json.loads(stack.tocsin("deadletters", "list", "--json")))
    assert letters[0]["topic"] == "tocsin.signals"
    shown = stack.tocsin("deadletters", "show", letters[0]["id"])
    assert "not json" in shown


def test_commands_from_the_topic(stack, team):
    """A command record acknowledges; the same record again changes nothing."""
    team.send(webhook(alert("cmd")))
    incident = team.incident_of("cmd")
    command = json.dumps({
        "id": "c-1", "teamId": incident["teamId"], "incidentId": incident["id"], "action": "acknowledge", "actor": "person:ada",
        "at": "2026-11-21T05:00:00Z",
    })
    for _ in range(2):
        stack.run(
            "bash", "-c", f"printf '%s' '{command}' | kcat -b \"$KAFKA_BROKERS\" -P -t tocsin.commands -k {incident['id']}",
            **stack.operator_environment(),
        )
    acknowledged = team.incident_of("cmd", status="acknowledged")
    assert acknowledged["assigneeId"] == "ada"
    events = stack.rows(f"SELECT kind FROM incident_events WHERE incident_id = '{incident['id']}' ORDER BY sequence")
    assert [e["kind"] for e in events] == ["opened", "acknowledged"]
