"""The notifier dies between two effects of sending: the message arrives once, or again with the same id, and the ledger knows."""

import pathlib

import pytest

from support.sinks import SinkServer
from support.stack import alert, wait_for, webhook

SECRET = "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
POST, UPDATE = "/api/chat.postMessage", "/api/chat.update"
HISTORY, REPLIES = "/api/conversations.history", "/api/conversations.replies"


@pytest.fixture
def sink(tmp_path):
    with SinkServer(ledger=tmp_path / "arrivals.jsonl") as server:
        yield server


@pytest.fixture
def dying(stack, team):
    """Starts the notifier anew so that it dies at a crash point; afterwards it runs as before."""

    def restart(point: str) -> None:
        # What earlier tests left waiting must not reach the crash point first.
        psql(stack, f"UPDATE notification_channels SET enabled = false WHERE team_id <> (SELECT id FROM teams WHERE slug = '{team.slug}')")
        wait_for("nothing else is due", lambda: not stack.rows(
            "SELECT 1 FROM deliveries WHERE state IN ('pending', 'sending')"), timeout=60)
        stack.kill("notifier")
        stack.run("deploy/local/up", CRASHPOINT=point)

    yield restart
    stack.run("deploy/local/up")


def psql(stack, statement: str) -> None:
    stack.run("psql", stack.saved["DATABASE_URL"], "-qc", statement)


def died(stack) -> None:
    """Waits for the notifier's end. Its leases hold for long: whoever goes on must know that their owner is gone."""
    pid = stack.pid("notifier")
    wait_for("the notifier has died", lambda: not pathlib.Path(f"/proc/{pid}/exe").exists() or stack._is_zombie(pid), timeout=60)
    psql(stack, "UPDATE deliveries SET lease_until = now() + interval '1 hour' WHERE state = 'sending'")


def told(team, incident, count=1):
    """The incident's deliveries, once they have all been sent."""

    def sent():
        rows = team.deliveries(incident["id"])
        return rows if len(rows) == count and all(row["state"] == "sent" for row in rows) else None

    return wait_for("every delivery is sent", sent, timeout=60)


def outcomes(stack, incident) -> list:
    return [row["outcome"] for row in stack.rows(
        "SELECT a.outcome FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id "
        f"WHERE d.incident_id = '{incident['id']}' ORDER BY d.sequence, d.part, a.attempt")]


def slack_bot(team, sink):
    team.channel("chat", "slack-bot", "token=xoxb-1", "channel=C0123456789", f"apiBaseURL={sink.url}/api")


def reconciled(stack, outcome: str) -> float:
    return stack.metric("notifier", "tocsin_notifier_reconciled_total", channel_type="slack-bot", outcome=outcome)


def test_slack_message_that_arrived_is_not_posted_again(stack, team, sink, dying):
    slack_bot(team, sink)
    dying("delivery.sent:1")
    team.send(webhook(alert("found")))
    sink.wait_for(lambda arrival: arrival.path == POST, timeout=60)
    died(stack)
    stack.run("deploy/local/up")
    incident = team.incident_of("found")
    rows = told(team, incident)
    assert [row["resends"] for row in rows] == [0]
    assert len(sink.at(POST)) == 1 and len(sink.at(HISTORY)) == 1
    assert outcomes(stack, incident) == ["in_doubt", "found"]
    assert reconciled(stack, "found") == 1
    # What was found is the message that is kept up to date from now on.
    team.send(webhook(alert("found", status="resolved", ends="2026-11-21T06:00:00Z")))
    told(team, incident, 3)
    (key,) = [key for key, message in sink.slack.messages.items() if not message.get("thread_ts")]
    assert [update.json["ts"] for update in sink.at(UPDATE)] == [key[1]]
    assert [post.json.get("thread_ts") for post in sink.at(POST)] == [None, key[1]]


def test_slack_message_that_was_never_sent_is_posted_once(stack, team, sink, dying):
    slack_bot(team, sink)
    dying("delivery.claimed:1")
    team.send(webhook(alert("absent")))
    died(stack)
    assert not sink.at(POST)
    stack.run("deploy/local/up")
    incident = team.incident_of("absent")
    told(team, incident)
    assert len(sink.at(POST)) == 1 and len(sink.at(HISTORY)) == 1
    assert outcomes(stack, incident) == ["in_doubt", "delivered"]
    assert reconciled(stack, "absent") == 1


def test_line_of_the_thread_that_arrived_is_not_posted_again(stack, team, sink, dying):
    """The resolution edits the main message (first passing) and adds a line to its thread (second)."""
    slack_bot(team, sink)
    team.send(webhook(alert("thread")))
    incident = team.incident_of("thread")
    told(team, incident)
    dying("delivery.sent:2")
    team.send(webhook(alert("thread", status="resolved", ends="2026-11-21T06:00:00Z")))
    sink.wait_for_count(2, lambda arrival: arrival.path == POST, timeout=60)
    died(stack)
    stack.run("deploy/local/up")
    told(team, incident, 3)
    assert len(sink.at(POST)) == 2 and len(sink.at(REPLIES)) == 1 and not sink.at(HISTORY)
    assert outcomes(stack, incident) == ["delivered", "delivered", "in_doubt", "found"]


def test_webhook_is_sent_again_with_the_same_id_and_body(stack, team, sink, dying):
    team.channel("hook", "webhook", f"url={sink.url}/hook", SECRET)
    dying("delivery.sent:1")
    team.send(webhook(alert("again")))
    sink.wait_for(lambda arrival: arrival.path == "/hook", timeout=60)
    died(stack)
    stack.run("deploy/local/up")
    rows = told(team, team.incident_of("again"))
    assert [row["resends"] for row in rows] == [1]
    first, second = sink.at("/hook")
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_outcome_that_was_committed_is_not_repeated(stack, team, sink, dying):
    """Its fact was not published by the process that died: the relay does that."""
    team.channel("hook", "webhook", f"url={sink.url}/hook", SECRET)
    dying("delivery.recorded:1")
    before = stack.topic_ends("tocsin.notifications")
    team.send(webhook(alert("recorded")))
    sink.wait_for(lambda arrival: arrival.path == "/hook", timeout=60)
    died(stack)
    incident = team.incident_of("recorded")
    assert [row["state"] for row in team.deliveries(incident["id"])] == ["sent"]
    stack.run("deploy/local/up")
    wait_for("the fact is published", lambda: stack.topic_ends("tocsin.notifications") > before, timeout=60)
    wait_for("the outbox is empty", lambda: not stack.rows("SELECT 1 FROM outbox"), timeout=60)
    assert len(sink.at("/hook")) == 1


def test_dead_message_is_put_back_by_an_operator(stack, team, sink):
    sink.script("/hook", status=410)
    team.channel("hook", "webhook", f"url={sink.url}/hook", SECRET)
    team.send(webhook(alert("dead")))
    incident = team.incident_of("dead")
    (message,) = wait_for("the message is dead", lambda: [
        line for line in stack.rows(f"SELECT id, state FROM deliveries WHERE incident_id = '{incident['id']}'") if line["state"] == "dead"])
    assert message["id"] in stack.tocsin("deliveries", "list", "--team", team.slug)
    refused = stack.run(str(stack.bin / "tocsin"), "deliveries", "requeue", message["id"], check=False, **stack.operator_environment())
    assert refused.returncode == 2 and "the channel is off" in refused.stderr
    sink.clear_scripts()
    stack.tocsin("channels", "enable", "hook", "--team", team.slug)
    stack.tocsin("deliveries", "requeue", message["id"])
    told(team, incident)
    assert outcomes(stack, incident) == ["permanent", "requeued", "delivered"]
