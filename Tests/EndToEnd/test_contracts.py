"""Our requests against the vendors' own descriptions, where a folder with them stands beside the project; skipped elsewhere."""

import json
import os
import pathlib

import pytest

from support.sinks import SinkServer
from support.stack import ROOT, alert, wait_for, webhook

CONTRACTS = pathlib.Path(os.environ.get("TOCSIN_CONTRACTS_DIR", ROOT.parent / "shared" / "contracts"))
pytestmark = pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the vendors' schemas are not here (TOCSIN_CONTRACTS_DIR)")

# What Slack takes beyond its frozen description of 2021: https://docs.slack.dev/reference/methods/chat.postMessage
SLACK_SINCE = {"metadata"}


def contract(name: str):
    return json.loads((CONTRACTS / name).read_text())


@pytest.fixture
def told(stack, team, tmp_path):
    """The whole life of an incident with awkward text, as the sinks saw it."""
    with SinkServer(ledger=tmp_path / "arrivals.jsonl") as sink:
        team.channel("chat", "slack", f"url={sink.url}/services/T000/B000/XXXX")
        team.channel("bot", "slack-bot", "token=xoxb-1", "channel=C0123456789", f"apiBaseURL={sink.url}/api")
        team.channel("phone", "telegram", "token=1:a", "chatId=-100", f"apiBaseURL={sink.url}")
        awkward = alert("contract", note="<b>&*_[x](y)`~" + "é😀" * 600)
        team.send(webhook(awkward))
        incident = team.incident_of("contract")
        assert team.api("POST", f"/api/incidents/{incident['id']}/acknowledge", {"assignee_id": "ada <&>"}).status == 200
        team.send(webhook({**awkward, "status": "resolved", "endsAt": "2026-11-21T06:00:00Z"}))
        team.incident_of("contract", status="resolved")
        wait_for("all is sent", lambda: len(rows := team.deliveries(incident["id"])) >= 9 and all(r["state"] == "sent" for r in rows))
        yield sink


def test_slack_requests_keep_to_the_contract(told):
    import jsonschema

    blocks = jsonschema.Draft202012Validator(contract("block-kit-subset.derived.schema.json"))
    api = contract("slack-web-api.trimmed.swagger2.json")
    posted = [a for a in told.arrivals() if a.path.startswith(("/api/chat.", "/services/"))]
    assert len(posted) >= 6
    for arrival in posted:
        body = json.loads(arrival.body)
        blocks.validate(body["blocks"])
        assert body["text"] and len(body["text"]) <= 4000
        if arrival.path.startswith("/api/"):
            parameters = api["paths"][arrival.path.removeprefix("/api")]["post"]["parameters"]
            assert set(body) <= {p["name"] for p in parameters} | SLACK_SINCE, body.keys()
            assert {p["name"] for p in parameters if p.get("required") and p["in"] == "formData"} <= set(body)
            assert arrival.headers["authorization"] == "Bearer xoxb-1"


def test_telegram_requests_keep_to_the_contract(told):
    methods = contract("telegram-bot-api.trimmed.json")["methods"]
    sent = [a for a in told.arrivals() if a.path.startswith("/bot1:a/")]
    assert len(sent) >= 3
    for arrival in sent:
        fields = methods[arrival.path.rsplit("/", 1)[1]]["fields"]
        body = json.loads(arrival.body)
        assert set(body) <= {f["name"] for f in fields}
        assert {f["name"] for f in fields if f["required"]} <= set(body)
        assert len(body["text"]) <= 4096


def test_our_own_samples_are_what_alertmanager_sends():
    import jsonschema

    jsonschema.Draft202012Validator(contract("alertmanager-webhook-v4.derived.schema.json")).validate(webhook(alert("sample")))
