"""What a user of the commands sees: up, status, logs, demo, the operator's command, admin pages."""

import json
import re
import subprocess

from support.stack import SERVICES, alert, wait_for, webhook


def test_up_again_changes_nothing(stack):
    before = {name: stack.pid(name) for name in [*SERVICES, "dev-broker"]}
    output = stack.up()
    assert {name: stack.pid(name) for name in [*SERVICES, "dev-broker"]} == before
    assert "running already" in output
    assert stack.saved["TOCSIN_INGEST_KEY"] in output


def test_the_curl_that_up_prints_makes_an_incident(stack, team):
    output = stack.up()
    command = output[output.index("  curl -sS -H") : output.index("then sign in")]
    answer = stack.run("bash", "-c", command).stdout
    assert json.loads(answer) == {"status": "ok"}
    found = wait_for("the incident", lambda: stack.rows("SELECT title FROM incidents WHERE title LIKE 'Checkout answers 5xx%'"))
    assert found


def test_status_has_one_line_a_process(stack):
    stack.wait_ready()
    lines = stack.run("deploy/local/status").stdout.splitlines()
    for name in ["postgresql", "dev-broker", *SERVICES]:
        assert any(re.match(rf"{name}\s+\d+\s+[\d,]+\s+healthy", line) for line in lines), (name, lines)


def test_logs_are_json_lines_without_secrets(stack):
    for name in SERVICES:
        text = stack.run("deploy/local/logs", name, "--no-follow").stdout
        for line in text.splitlines():
            assert json.loads(line)["service"] == name
        for secret in ("TOCSIN_INGEST_KEY", "TOCSIN_API_KEY"):
            assert stack.saved[secret] not in stack.log(name)


def test_a_port_in_use_is_one_clear_line(stack, tmp_path):
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        stack.kill("ingest-gateway")
        result = stack.run("deploy/local/up", check=False, TOCSIN_GATEWAY_PORT=str(port))
    assert result.returncode != 0
    assert f"port {port}" in result.stderr and "TOCSIN_GATEWAY_PORT" in result.stderr
    stack.up()
    stack.wait_ready()


def test_every_admin_page_answers(stack):
    stack.wait_ready()
    for name in SERVICES:
        assert stack.admin(name, "/health").json["status"] == "ok"
        ready = stack.admin(name, "/ready").json
        assert ready["dependencies"]["postgres"]["ok"] is True
        metrics = stack.admin(name, "/metrics").body
        lint = subprocess.run(["promtool", "check", "metrics"], input=metrics, capture_output=True, timeout=20)
        assert lint.returncode == 0, (name, lint.stdout, lint.stderr)


def test_demo_tells_what_became_of_it(stack):
    stack.wait_ready()
    output = stack.run("deploy/local/demo").stdout
    assert "demo-checkout" in output and "resolved" in output and "demo-search" in output


def test_keys_rotate_with_two_valid_at_once_and_revoke(stack, team):
    keys = json.loads(stack.tocsin("keys", "list", "--team", team.slug, "--json"))
    old = next(key for key in keys if key["kind"] == "ingest")
    fresh = json.loads(stack.tocsin("keys", "rotate", old["id"], "--grace", "1h", "--json"))["token"]
    body = webhook(alert("keys"))
    wait_for("the new key works", lambda: team.post("/api/webhooks/alertmanager", body, key=fresh).status == 200)
    assert team.post("/api/webhooks/alertmanager", body).status == 200, "the old one still does"
    stack.tocsin("keys", "revoke", old["id"])
    wait_for("the old key is refused", lambda: team.post("/api/webhooks/alertmanager", body).status == 401)
    assert team.post("/api/webhooks/alertmanager", body, key=fresh).status == 200


def test_tail_shows_records_for_people_and_programs(stack, team):
    team.send(webhook(alert("tailed")))
    team.incident_of("tailed")
    lines = stack.tocsin("tail", "tocsin.incidents", "--from", "beginning", "--count", "1", "--json").splitlines()
    assert json.loads(lines[0])["headers"]["ce_type"].startswith("tocsin.incident.")


def test_fire_drill_gives_receipts(stack, team, tmp_path):
    from support.sinks import SinkServer

    with SinkServer(ledger=tmp_path / "drill.jsonl") as sink:
        team.channel("hook", "webhook", f"url={sink.url}/webhook/drill", "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        environment = {**stack.operator_environment(), "TOCSIN_INGEST_KEY": team.ingest_key}
        result = stack.run(str(stack.bin / "tocsin"), "fire-drill", "--team", team.slug, "--wait", "60s", **environment)
        assert "hook" in result.stdout and "sent" in result.stdout
        assert sink.at("/webhook/drill")


def test_migrations_are_all_applied_and_named(stack):
    output = stack.tocsin("migrate", "status")
    assert "teams and keys" in output and "pending" not in output


def test_settings_are_refused_all_at_once(stack):
    result = stack.run(
        str(stack.bin / "alert-grouper"), check=False, timeout=20, DATABASE_URL="", TOCSIN_ADMIN_PORT="99999999", TOCSIN_LOG_LEVEL="loud"
    )
    assert result.returncode == 78
    for name in ("KAFKA_BROKERS", "DATABASE_URL", "TOCSIN_ADMIN_PORT", "TOCSIN_LOG_LEVEL"):
        assert name in result.stderr
