"""`tocsin verify` on the real stack: it agrees with what is right, and names exactly what was broken on purpose."""

import json
import time
import uuid

import pytest

from support.sinks import SinkServer
from support.stack import alert, request, wait_for, webhook

SECRET = "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BAD = ("late", "wrong", "phantom", "duplicate", "lost")


def psql(stack, sql: str) -> list:
    """Runs a statement that breaks something; the rows it returns."""
    result = stack.run("psql", stack.saved["DATABASE_URL"], "-Atqc", sql)
    return [line.split("|") for line in result.stdout.splitlines()]


def run(stack, *arguments: str):
    """Exit code and, of --json, the report."""
    result = stack.run(
        str(stack.bin / "tocsin"), "verify", "--grace", "1s", "--json", *arguments, check=False, **stack.operator_environment()
    )
    assert result.stdout, result.stderr
    return result.returncode, json.loads(result.stdout)


def found(report: dict, *statuses: str) -> set:
    """Check, status, reason and id of the findings of some statuses."""
    return {
        (check["check"], finding["status"], finding["reason"], finding["id"])
        for check in report["checks"]
        for finding in check["findings"]
        if finding["status"] in (statuses or BAD)
    }


def numbers(report: dict, check: str) -> dict:
    return next(entry for entry in report["checks"] if entry["check"] == check)


@pytest.fixture
def sink(tmp_path):
    with SinkServer(ledger=tmp_path / "arrivals.jsonl") as server:
        yield server


@pytest.fixture
def story(stack, team, sink):
    """A team with a webhook that was told of an incident which opened, grew, was acknowledged and resolved, and of one that is open."""
    team.channel("hook", "webhook", f"url={sink.url}/webhook/{team.slug}", SECRET)
    # Nearer to the channel's birth its events count as planned without it.
    time.sleep(2.5)
    team.send(webhook(alert("cart"), alert("mail", instance="m-1")))
    incident = team.incident_of("cart")
    team.send(webhook(alert("cart", instance="i-2")))
    team.incident_of("cart", alertCount=2)
    assert team.api("POST", f"/api/incidents/{incident['id']}/acknowledge", {}).status == 200
    end = {"status": "resolved", "ends": "2026-11-21T05:09:00Z"}
    team.send(webhook(alert("cart", **end), alert("cart", instance="i-2", **end)))
    resolved = team.incident_of("cart", status="resolved")
    mail = team.incident_of("mail")
    settled(stack, team)
    # The grace of one second is behind everything.
    time.sleep(1.5)
    return resolved, mail


def settled(stack, team):
    def is_settled():
        team_id = f"(SELECT id FROM teams WHERE slug = '{team.slug}')"
        return stack.rows(
            f"SELECT (SELECT count(*) FROM deliveries WHERE team_id = {team_id} AND state <> 'sent') AS open,"
            f" (SELECT count(*) FROM outbox WHERE team_id = {team_id}) AS waiting,"
            f" (SELECT count(*) FROM incidents i WHERE team_id = {team_id} AND (SELECT count(*) FROM consumer_progress p"
            "   WHERE p.incident_id = i.id AND p.sequence = i.sequence) < 2) AS behind"
        ) == [{"open": 0, "waiting": 0, "behind": 0}]

    wait_for("everything is handled", is_settled, timeout=60, interval=0.1)


def test_a_clean_run_finds_nothing(stack, team, story):
    """All is as it should be, everything was looked at, and nothing was written or joined."""
    groups = stack.rows("SELECT DISTINCT consumer_group FROM consumer_offsets ORDER BY 1")
    code, report = run(stack, "--team", team.slug, "--since", "10m")
    assert (code, report["verdict"], found(report, *BAD, "inDoubt", "setAside")) == (0, "ok", set())
    assert numbers(report, "signals")["ok"] == 5 and numbers(report, "alerts")["ok"] == 3
    assert numbers(report, "incidents")["states"] == {"open": 1, "resolved": 1}
    # Two openings, the acknowledgement and the resolution; a webhook is not told of changes.
    assert numbers(report, "deliveries")["states"]["sent"] == 4
    assert numbers(report, "events")["ok"] >= 5 and numbers(report, "outcomes")["ok"] == 4
    assert numbers(report, "metrics")["ok"] >= 3
    assert stack.rows("SELECT DISTINCT consumer_group FROM consumer_offsets ORDER BY 1") == groups


def test_the_table_is_for_people_and_all_teams_are_looked_at(stack, team, story):
    result = stack.run(str(stack.bin / "tocsin"), "verify", "--since", "5m", "--team", team.slug, **stack.operator_environment())
    assert result.stdout.splitlines()[-1] == "nothing lost, nothing twice"
    assert result.stderr == ""
    code, report = run(stack, "--since", "10m")
    # Tests before this one may have left messages that are in doubt, or dead letters, but never a loss.
    assert code in (0, 3), report
    assert numbers(report, "signals")["examined"] >= 5


def test_a_webhook_that_comes_again_is_no_duplicate(stack, team, story):
    for _ in range(3):
        team.send(webhook(alert("mail", instance="m-1")))
    wait_for("the repeats", lambda: stack.rows(
        f"SELECT repeats FROM alerts a JOIN teams t ON t.id = a.team_id WHERE t.slug = '{team.slug}' AND repeats >= 3"))
    time.sleep(1.5)
    code, report = run(stack, "--team", team.slug, "--since", "10m")
    assert (code, found(report)) == (0, set())
    assert numbers(report, "signals")["repeated"] == 3


def test_each_thing_broken_is_named(stack, team, story):
    """Five things are broken, one after the other; each run names exactly what is broken by then."""
    resolved, mail = story
    expected = set()

    def check(*more):
        expected.update(more)
        code, report = run(stack, "--team", team.slug, "--since", "10m")
        assert found(report) == expected
        assert (code, report["exitCode"], report["verdict"]) == (1, 1, "failed")

    # The rollup says that one more incident is open.
    [[day]] = psql(stack, "UPDATE metric_rollups SET open_count = open_count + 1 WHERE service = 'mail' AND team_id = "
                          f"(SELECT id FROM teams WHERE slug = '{team.slug}') RETURNING day")
    check(("metrics", "wrong", "cell", f"{team.slug}/{day}/mail/critical"))

    # A message is gone from the ledger; its outcome in the topic stays.
    [[sequence, channel]] = psql(stack, f"DELETE FROM deliveries WHERE incident_id = '{mail['id']}' RETURNING sequence, channel_id")
    check(("deliveries", "lost", "no_row", f"{mail['id']}/{sequence}/{channel}/0"))

    # An alert is gone: of the signal that brought it nothing is left, and its incident counts one that is not there.
    [[fingerprint]] = psql(stack, f"DELETE FROM alerts WHERE incident_id = '{mail['id']}' RETURNING fingerprint")
    signal = f"alertmanager/{fingerprint}/1795237200000000/firing"
    check(("signals", "lost", "no_alert", signal), ("incidents", "wrong", "firing_count", mail["id"]))

    # An event is gone from the log: a gap, a life that does not fit, a fact and a message that nobody caused.
    [[event]] = psql(stack, f"DELETE FROM incident_events WHERE incident_id = '{resolved['id']}' AND kind = 'acknowledged' "
                            "RETURNING incident_id || '/' || sequence")
    [[message]] = psql(stack, f"SELECT id FROM deliveries WHERE incident_id = '{resolved['id']}' AND kind = 'acknowledged'")
    check(
        ("incidents", "lost", "event_missing", event),
        ("deliveries", "phantom", "no_event", message),
        ("events", "phantom", "no_event", event),
    )


def test_a_fact_that_stays_in_the_outbox_is_late(stack, team, story):
    """The relay passes over a row that somebody holds: it is old, and nobody publishes it."""
    import subprocess

    fact = f"{uuid.uuid4()}/1"
    [[row]] = psql(stack, "INSERT INTO outbox (team_id, topic, key, ce_id, ce_type, source, occurred_at, payload, created_at) SELECT id, "
                          f"'tocsin.notifications', 'k', '{fact}', 'tocsin.test.v1', '/test', now(), '{{}}', now() "
                          f"FROM teams WHERE slug = '{team.slug}' RETURNING id")
    holder = subprocess.Popen(
        ["psql", stack.saved["DATABASE_URL"], "-Atqc", f"SET idle_in_transaction_session_timeout = 0; BEGIN; "
         f"SELECT id FROM outbox WHERE id = {row} FOR UPDATE; SELECT pg_sleep(60)"], stdout=subprocess.DEVNULL)
    try:
        wait_for("the row is held", lambda: stack.rows(
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND wait_event = 'PgSleep' AND pid <> pg_backend_pid()"))
        time.sleep(1.5)
        code, report = run(stack, "--team", team.slug, "--since", "10m")
        assert found(report) == {("outbox", "late", "not_published", row)}
        assert code == 1
    finally:
        holder.kill()
        holder.wait()
        psql(stack, f"DELETE FROM outbox WHERE id = {row}")


def test_a_fact_that_never_reached_its_topic_is_lost(stack, team, story):
    """An event that is in the log alone: nobody was ever told of it."""
    _, mail = story
    psql(stack, "INSERT INTO incident_events (team_id, incident_id, sequence, kind, at, actor, body) "
                "SELECT team_id, id, sequence + 1, 'updated', now() - interval '2 seconds', 'system:test', '{}' FROM incidents "
                f"WHERE id = '{mail['id']}'")
    time.sleep(1.5)
    code, report = run(stack, "--team", team.slug, "--since", "10m")
    assert code == 1
    event = f"{mail['id']}/{mail['sequence'] + 1}"
    assert {("events", "lost", "not_published", event), ("incidents", "wrong", "sequence", mail["id"]),
            ("incidents", "wrong", "unreadable_event", event)} <= found(report)


def test_a_dead_letter_is_set_aside(stack, team, story):
    """What cannot be handled is not lost: it is told, and fails nothing."""
    team_id = stack.rows(f"SELECT id FROM teams WHERE slug = '{team.slug}'")[0]["id"]
    mark = f"poison/{uuid.uuid4()}"
    import subprocess

    subprocess.run(
        ["kcat", "-b", stack.saved["KAFKA_BROKERS"], "-t", "tocsin.signals", "-P", "-H", f"ce_id={mark}", "-H", f"ce_teamid={team_id}"],
        input=b"not json", check=True, timeout=30)
    wait_for("it is put aside", lambda: stack.rows(f"SELECT 1 FROM dead_letters WHERE headers::text LIKE '%{mark}%'"))
    time.sleep(1.5)
    code, report = run(stack, "--team", team.slug, "--since", "10m")
    assert (code, found(report, *BAD, "setAside")) == (0, {("signals", "setAside", "dead_letter", mark)})


def test_a_message_in_doubt_is_an_exit_code_of_its_own(stack, team, story):
    _, mail = story
    [[message]] = psql(stack, f"UPDATE deliveries SET state = 'in_doubt', finished_at = NULL WHERE incident_id = '{mail['id']}' RETURNING id")
    code, report = run(stack, "--team", team.slug, "--since", "10m")
    assert code == 3 and report["verdict"] == "inDoubt"
    assert ("deliveries", "inDoubt", "in_doubt", message) in found(report, "inDoubt")


def test_services_at_work_are_no_loss(stack, team):
    """While alerts stream in, what is under way is not called lost: run after run."""
    import concurrent.futures
    import threading

    stop = threading.Event()

    def stream():
        number = 0
        while not stop.is_set():
            number += 1
            team.send(webhook(alert(f"stream-{number % 40}", instance=f"i-{number}")))
        return number

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        sending = [pool.submit(stream) for _ in range(2)]
        try:
            time.sleep(2)
            for _ in range(4):
                code, report = run(stack, "--team", team.slug, "--since", "10m")
                assert (code, found(report)) == (0, set())
                assert numbers(report, "signals")["examined"] > 0
        finally:
            stop.set()
        assert all(future.result() > 0 for future in sending)


def test_what_cannot_be_checked_says_so(stack, team):
    """Wrong command lines, unknown teams, servers that are away, windows that are too large: an exit code each, and a reason."""

    def fails(*arguments, **environment):
        result = stack.run(
            str(stack.bin / "tocsin"), "verify", *arguments, check=False, **{**stack.operator_environment(), **environment})
        return result.returncode, result.stderr

    code, said = fails("--team", "nobody")
    assert code == 2 and "nobody" in said
    code, said = fails("--from", "2026-11-21T09:00:00Z", "--to", "2026-11-21T08:00:00Z")
    assert code == 64 and "not before" in said
    code, said = fails("--from", "2999-01-01T00:00:00Z")
    assert code == 64 and "future" in said
    code, said = fails("--since", "10m", DATABASE_URL="postgresql://tocsin@127.0.0.1:1/tocsin")
    assert code == 69 and "PostgreSQL" in said
    team.send(webhook(*(alert(f"many-{n}") for n in range(4))))
    wait_for("the incidents", lambda: len(team.incidents()) == 4)
    time.sleep(1.5)
    code, said = fails("--since", "10m", "--grace", "1s", "--max-records", "2", "--team", team.slug)
    assert code == 2 and "--max-records" in said
    assert request("GET", stack.console + "/").status == 200
