"""The main job through the real Alertmanager, and every channel's message."""

import json
import pathlib
import time

import pytest

from support.alertmanager import Alertmanager
from support.sinks import SinkServer
from support.smtpsink import MailSink
from support.stack import alert, wait_for, webhook


@pytest.fixture
def sink(tmp_path):
    with SinkServer(ledger=tmp_path / "arrivals.jsonl") as server:
        yield server


@pytest.fixture
def mail():
    with MailSink() as server:
        yield server


def add_all_channels(team, sink, mail):
    team.channel("hook", "webhook", f"url={sink.url}/webhook/hook", "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    team.channel("chat", "slack", f"url={sink.url}/services/T000/B000/XXXX")
    team.channel("bot", "slack-bot", "token=xoxb-canary-token", "channel=C0123456789", f"apiBaseURL={sink.url}/api")
    team.channel("phone", "telegram", "token=12345:canary", "chatId=-1001234567890", f"apiBaseURL={sink.url}")
    team.channel(
        "mail", "email", f"host={mail.host}", f"port={mail.port}", "security=none", "from=tocsin@example.com", "to=ops@example.com"
    )


def test_alertmanager_to_every_channel_and_back(stack, team, sink, mail, tmp_path):
    """A real Alertmanager fires: the incident exists, every channel has its message; it resolves, and so does the incident."""
    add_all_channels(team, sink, mail)
    with Alertmanager(tmp_path, stack.gateway, team.ingest_key) as manager:
        started = time.monotonic()
        manager.add("HighErrorRate", service="shop", severity="critical", instance="shop-1", annotations={"summary": "5xx in the shop"})
        incident = team.incident_of("shop", status="open")
        seen = time.monotonic() - started
        assert incident["severity"] == "critical"
        assert incident["title"].startswith("5xx in the shop")

        def all_sent(kind):
            states = {(d["channel"], d["state"]) for d in team.deliveries(incident["id"]) if d["kind"] == kind}
            return states >= {(name, "sent") for name in ("hook", "chat", "bot", "phone", "mail")}

        wait_for("every channel has the opened message", lambda: all_sent("opened"))
        print(f"alert to incident {seen:.3f} s, to every channel {time.monotonic() - started:.3f} s")

        manager.resolve("HighErrorRate", service="shop", severity="critical", instance="shop-1")
        team.incident_of("shop", status="resolved", timeout=60)
        wait_for("every channel has the resolved message", lambda: all_sent("resolved"))

    # What arrived at the sinks: each message once.
    for path in ("/webhook/hook", "/services/T000/B000/XXXX"):
        assert len(sink.at(path)) == 2, f"{path} must be told of opening and resolution, once each"
    assert len(sink.at("/bot12345:canary/sendMessage")) == 2
    posted = [json.loads(a.body) for a in sink.at("/api/chat.postMessage")]
    assert len([p for p in posted if "thread_ts" not in p]) == 1, "one message in the channel"
    assert len([p for p in posted if "thread_ts" in p]) >= 1, "the story goes to its thread"
    assert sink.at("/api/chat.update"), "the message is updated in place"
    assert len(mail.messages) == 2
    assert all(b"canary" not in line for name in ("notifier",) for line in stack.log(name).encode().splitlines()), "secrets stay out of logs"


def test_webhook_signature_verifies(team, sink):
    """The signed webhook is a Standard Webhook: id, time and signature over the body."""
    import base64
    import hashlib
    import hmac

    secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    team.channel("hook", "webhook", f"url={sink.url}/webhook/signed", f"secret=whsec_{secret}")
    team.send(webhook(alert("signed")))
    arrival = sink.wait_for(lambda a: a.path == "/webhook/signed")
    content = b".".join([arrival.headers["webhook-id"].encode(), arrival.headers["webhook-timestamp"].encode(), arrival.body])
    expected = "v1," + base64.b64encode(hmac.new(base64.b64decode(secret), content, hashlib.sha256).digest()).decode()
    assert expected in arrival.headers["webhook-signature"].split()
    assert json.loads(arrival.body)["type"] == "incident.opened"


def test_mail_over_starttls_with_a_login(team):
    """The mail is encrypted, signed in, in two forms, and answers its own thread."""
    with MailSink(starttls=True, user="tocsin", password="mail-canary") as mail:
        team.channel(
            "mail", "email", f"host={mail.host}", f"port={mail.port}", "security=starttls", "verifyCertificate=false",
            "username=tocsin", "password=mail-canary", "from=tocsin@example.com", "to=ops@example.com",
        )
        team.send(webhook(alert("post", name="Übel <b>&")))
        opened = mail.wait_for(lambda m: m.is_accepted, timeout=20).message
        assert "Übel <b>&" in str(opened["Subject"])
        kinds = [part.get_content_type() for part in opened.walk()]
        assert "text/plain" in kinds and "text/html" in kinds
        html = next(part for part in opened.walk() if part.get_content_type() == "text/html").get_content()
        assert "<b>&" not in html and "&lt;b&gt;" in html
        team.send(webhook(alert("post", name="Übel <b>&", status="resolved", ends="2026-11-21T05:09:00Z")))
        wait_for("the second mail", lambda: len(mail.messages) == 2)
        assert mail.messages[1].message["References"], "the story is one thread"


def test_one_incident_for_one_service(team):
    """Alerts of one service are one incident; its severity is the worst; another service is another incident."""
    team.send(webhook(alert("cart", instance="a", severity="warning"), alert("cart", instance="b", severity="critical"), alert("mail")))
    cart = team.incident_of("cart", alertCount=2)
    assert cart["severity"] == "critical"
    assert len(team.incidents()) == 2


def test_repeats_change_nothing(team, sink):
    """The same body again and again, also at once, makes no second incident and no second message."""
    from concurrent.futures import ThreadPoolExecutor

    team.channel("hook", "webhook", f"url={sink.url}/webhook/repeats", "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = webhook(alert("again", instance="a"), alert("again", instance="b"))
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: team.send(body), range(40)))
    incident = team.incident_of("again", alertCount=2)
    wait_for("the message is out", lambda: all(d["state"] == "sent" for d in team.deliveries(incident["id"])))
    team.send(webhook(alert("again-marker")))
    team.incident_of("again-marker")
    assert len([i for i in team.incidents() if i["labels"]["service"] == "again"]) == 1
    opened = [a for a in sink.at("/webhook/repeats") if b'"again"' in a.body]
    assert len(opened) == 1


def test_acknowledge_and_resolve_by_api(team):
    """Acknowledge and resolve answer with the incident as it is then; a forbidden transition is 409 with its reason."""
    team.send(webhook(alert("api")))
    incident = team.incident_of("api")
    path = f"/api/incidents/{incident['id']}"
    answer = team.api("POST", f"{path}/acknowledge", {"assignee_id": "ada@example.com"})
    assert answer.status == 200 and answer.json["status"] == "acknowledged" and answer.json["assigneeId"] == "ada@example.com"
    again = team.api("POST", f"{path}/acknowledge", {"assignee_id": "bob@example.com"})
    assert again.status == 409 and "already" in again.json["error"]
    assert team.api("POST", f"{path}/resolve").json["status"] == "resolved"
    assert team.api("POST", f"{path}/resolve").status == 409


def test_reopen_instead_of_a_new_incident(team):
    """The same alert soon after its resolution reopens the incident."""
    team.send(webhook(alert("flap", starts="2026-11-21T05:00:00Z")))
    first = team.incident_of("flap", status="open")
    team.send(webhook(alert("flap", status="resolved", starts="2026-11-21T05:00:00Z", ends="2026-11-21T05:01:00Z")))
    team.incident_of("flap", status="resolved")
    team.send(webhook(alert("flap", starts="2026-11-21T05:02:00Z")))
    again = team.incident_of("flap", status="open")
    assert again["id"] == first["id"] and again["reopenCount"] == 1


def test_late_and_swapped_webhooks_converge(team):
    """A resolve that overtakes its alert: the late alert of the same occurrence opens nothing."""
    team.send(webhook(alert("swap", status="resolved", starts="2026-11-21T05:00:00Z", ends="2026-11-21T05:01:00Z")))
    team.send(webhook(alert("swap", starts="2026-11-21T05:00:00Z")))
    team.send(webhook(alert("swap-marker")))
    team.incident_of("swap-marker")
    assert [i["labels"]["service"] for i in team.incidents()] == ["swap-marker"]


def test_prometheus_stands_where_alertmanager_stands(team):
    """POST /api/v2/alerts as Prometheus sends it: an alert that nobody refreshes by its endsAt resolves."""
    import datetime

    ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
    body = [{
        "labels": {"alertname": "Direct", "service": "direct", "severity": "high"},
        "annotations": {"summary": "straight from Prometheus"},
        "startsAt": "2026-11-21T05:00:00.123456789Z",
        "endsAt": ends.isoformat().replace("+00:00", "Z"),
        "generatorURL": "http://prometheus.example/graph",
    }]
    wait_for("accepted", lambda: team.post("/api/v2/alerts", body).status == 200)
    team.incident_of("direct", status="open")
    team.incident_of("direct", status="resolved", timeout=30)


def test_two_teams_see_nothing_of_each_other(stack, team):
    from support.stack import Team

    other = Team(stack, team.slug.replace("t-", "o-"))
    team.send(webhook(alert("same")))
    other.send(webhook(alert("same")))
    mine, theirs = team.incident_of("same"), other.incident_of("same")
    assert mine["id"] != theirs["id"]
    assert team.api("GET", f"/api/incidents/{theirs['id']}").status == 404
    assert team.api("POST", f"/api/incidents/{theirs['id']}/resolve").status == 404
    assert theirs["id"].encode() not in team.api("GET", "/api/incidents").body + team.api("GET", "/api/alerts").body


def test_metrics_and_document_when_it_is_over(stack, team):
    """After the resolution there are figures and a post-mortem."""
    team.send(webhook(alert("over", starts="2026-11-21T05:00:00Z")))
    incident = team.incident_of("over")
    assert team.api("POST", f"/api/incidents/{incident['id']}/acknowledge", {"assignee_id": "ada"}).status == 200
    team.send(webhook(alert("over", status="resolved", starts="2026-11-21T05:00:00Z", ends="2026-11-21T05:09:00Z")))
    team.incident_of("over", status="resolved")

    def figures():
        answer = team.api("GET", "/api/metrics").json
        return answer if answer["resolvedIncidents"] == 1 else None

    figures = wait_for("the figures", figures)
    assert figures["totalIncidents"] == 1 and figures["openIncidents"] == 0
    assert figures["mtta"] > 0 and figures["mttr"] >= figures["mtta"]
    assert figures["incidentsBySeverity"]["critical"] == 1

    folder = pathlib.Path(stack.folder / "documents" / team.slug)
    text = wait_for("the document", lambda: next((p.read_text() for p in folder.glob("*.md")), None))
    for expected in (f"{incident['number']}", "Timeline", "ada", "HighErrorRate", "Time to acknowledge"):
        assert expected in text
    documents = stack.rows(f"SELECT version, title FROM documents WHERE incident_id = '{incident['id']}'")
    assert len(documents) == 1 and documents[0]["version"] == 1


def test_generic_and_cloud_events(team):
    wait_for("accepted", lambda: team.post(
        "/api/webhooks/generic", {"title": "Backup failed", "severity": "high", "labels": {"service": "backup"}}).status == 200)
    assert team.incident_of("backup")["severity"] == "high"
    event = {
        "specversion": "1.0", "id": "42", "source": "/ci", "type": "com.example.build.failed", "time": "2026-11-21T05:00:00Z",
        "subject": "main", "data": {"severity": "critical", "labels": {"service": "build"}, "summary": "main is red"},
    }
    answer = team.post("/api/webhooks/cloudevents", event, headers={"Content-Type": "application/cloudevents+json"})
    assert answer.status == 200, answer
    assert team.incident_of("build")["severity"] == "critical"


def test_storm_of_one_key_is_one_notification(stack, team, sink):
    """500 alerts of one service: one incident, one message, a bounded number of events."""
    team.channel("hook", "webhook", f"url={sink.url}/webhook/storm", "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    for start in range(0, 500, 50):
        team.send(webhook(*[alert("storm", instance=f"i-{n}") for n in range(start, start + 50)]))
    incident = team.incident_of("storm", alertCount=500)
    wait_for("sent", lambda: all(d["state"] == "sent" for d in team.deliveries(incident["id"])))
    assert len(sink.at("/webhook/storm")) == 1
    events = stack.rows(f"SELECT count(*) AS n FROM incident_events WHERE incident_id = '{incident['id']}'")[0]["n"]
    assert events <= 20, "a batch makes one event, not one an alert"
