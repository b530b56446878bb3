"""The gateway's spool on the real stack: what is accepted while the broker is away becomes its incident, once and in order, whoever dies."""

import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import subprocess

import pytest

from support.stack import alert, free_port_block, wait_for, webhook
from support.told_once import SECRET, check_each_told_once, send_many, sink  # noqa: F401

GATEWAY = "ingest-gateway"


def post(team, *alerts, key=None):
    return team.post("/api/webhooks/alertmanager", webhook(*alerts), key=key, timeout=30)


def ready(stack):
    return stack.admin(GATEWAY, "/ready")


def is_ready(stack):
    """False also while it starts."""
    try:
        return ready(stack).status == 200
    except OSError:
        return False


def is_known(team, key=None):
    """Whether the gateway has read the team's key, after its start or the key's: then a body without a version is refused as such."""
    try:
        return team.post("/api/webhooks/alertmanager", {}, key=key).status == 400
    except OSError:
        return False


def spool_metric(stack, name):
    """None while the gateway starts."""
    try:
        return stack.metric(GATEWAY, f"tocsin_gateway_spool_{name}")
    except OSError:
        return None


@contextlib.contextmanager
def broker_away(stack):
    stack.broker("down")
    try:
        yield
    finally:
        stack.broker("up")


@contextlib.contextmanager
def gateway_with(stack, **environment):
    """The gateway with other settings; afterwards as it was, with an empty spool."""
    before = stack.environment_of(GATEWAY)
    stack.restart(GATEWAY, environment={**before, **environment})
    try:
        yield
    finally:
        stack.broker("up")
        if stack.is_alive(GATEWAY):
            wait_for("the spool is drained", lambda: spool_metric(stack, "records") == 0, timeout=60, interval=0.1)
        stack.restart(GATEWAY, environment=before)
        stack.wait_ready()


def records_of(stack, service):
    """`(ce_id, value)` of the service's records, in the order of their partition."""
    lines = stack.run(
        "kcat", "-b", stack.saved["KAFKA_BROKERS"], "-t", "tocsin.signals", "-C", "-e", "-q", "-f", "%h\\t%s\\n", timeout=60
    ).stdout.splitlines()
    found = []
    for line in lines:
        headers, value = line.split("\t", 1)
        try:
            signal = json.loads(value)
        except ValueError:
            continue  # the poison of another test
        if signal["labels"].get("service") == service:
            found.append((dict(h.split("=", 1) for h in headers.split(","))["ce_id"], signal))
    return found


def test_killed_with_a_full_hand_nothing_is_lost_and_nothing_overtakes(stack, team, sink):  # noqa: F811
    """Broker away, alerts accepted, gateway killed, started again, more accepted, broker back: every alert once, in order."""
    path = "/webhook/spool"
    team.channel("hook", "webhook", f"url={sink.url}{path}", SECRET)
    sent = []
    with broker_away(stack):
        for number in range(20):
            assert post(team, alert(f"s1-{number}")).status == 200
        for number in range(6):
            starts = f"2026-11-21T05:0{number // 2}:00Z"
            ends = f"2026-11-21T05:0{number // 2}:30Z" if number % 2 else "0001-01-01T00:00:00Z"
            answer = post(team, alert("order", status="resolved" if number % 2 else "firing", starts=starts, ends=ends))
            assert answer.status == 200
            sent.append((starts, "resolved" if number % 2 else "firing"))
        wait_for("ready says it", lambda: "26 alerts wait" in ready(stack).json["dependencies"]["spool"]["detail"])
        assert ready(stack).status == 200
        stack.kill(GATEWAY)
        stack.restart(GATEWAY)
        wait_for("ready without a broker", lambda: is_ready(stack), timeout=60)
        assert spool_metric(stack, "records") == 26
        wait_for("the keys are read", lambda: is_known(team))
        for number in range(20, 30):
            assert post(team, alert(f"s1-{number}")).status == 200
    check_each_told_once(team, sink, "s1", 30, path)
    wait_for("the spool is empty", lambda: spool_metric(stack, "records") == 0)
    seen = list(dict.fromkeys((signal["startsAt"], signal["status"]) for _, signal in records_of(stack, "order")))
    assert seen == sent, "in the order of their acceptance"
    assert stack.metric(GATEWAY, "tocsin_gateway_spool_state", state="direct") == 1
    team.incident_of("order", status="resolved")


def test_late_copies_of_what_timed_out_change_nothing(stack, team, sink):  # noqa: F811
    """The first request is with the broker's client and in the spool: when both arrive, they have one id and make one incident."""
    path = "/webhook/late"
    team.channel("hook", "webhook", f"url={sink.url}{path}", SECRET)
    with broker_away(stack):
        for number in range(5):
            assert post(team, alert(f"late-{number}")).status == 200
    check_each_told_once(team, sink, "late", 5, path)
    wait_for("the spool is empty", lambda: spool_metric(stack, "records") == 0)
    for number in range(5):
        assert len({identity for identity, _ in records_of(stack, f"late-{number}")}) == 1
    copies = len(records_of(stack, "late-0"))
    assert copies == 2, f"the one that timed out in the producer and the one of the spool, not {copies}"
    incident = team.incident_of("late-0")
    kinds = stack.rows(f"SELECT kind FROM incident_events WHERE incident_id = '{incident['id']}' AND kind = 'opened'")
    assert len(kinds) == 1


@pytest.mark.parametrize("point", ["spool.stored:3", "spool.published:3"])
def test_crash_points_of_the_spool(stack, team, sink, point):  # noqa: F811
    name = point.split(":")[0].replace(".", "-")
    path = f"/webhook/{name}"
    team.channel("hook", "webhook", f"url={sink.url}{path}", SECRET)
    before = stack.environment_of(GATEWAY)
    with broker_away(stack):
        stack.restart(GATEWAY, environment={**before, "CRASHPOINT": point})
        wait_for("ready without a broker", lambda: is_ready(stack), timeout=60)
        wait_for("the keys are read", lambda: is_known(team))
        if "stored" in point:
            # The third one is stored and gets no answer; its sender goes on until somebody takes it.
            def crash_and_restart():
                wait_for("the crash point", lambda: not stack.is_alive(GATEWAY), timeout=60)
                stack.restart(GATEWAY, environment=before)

            with concurrent.futures.ThreadPoolExecutor(1) as background:
                restarting = background.submit(crash_and_restart)
                for number in range(6):
                    team.send(webhook(alert(f"{name}-{number}")))
                restarting.result(60)
        else:
            for number in range(6):
                team.send(webhook(alert(f"{name}-{number}")))
    if "published" in point:
        wait_for("the crash point", lambda: not stack.is_alive(GATEWAY), timeout=60)
        stack.restart(GATEWAY, environment=before)
    check_each_told_once(team, sink, name, 6, path)
    wait_for("the spool is empty", lambda: spool_metric(stack, "records") == 0, timeout=60)
    ids = collections.Counter(identity for number in range(6) for identity, _ in records_of(stack, f"{name}-{number}"))
    assert len(ids) == 6
    if "published" in point:
        assert max(ids.values()) >= 2, "the batch that was acknowledged before the crash came again, with the same ids"


def test_a_key_that_refuses_the_spool(stack, team):
    made = stack.tocsin(
        "keys", "create", "--team", team.slug, "--kind", "ingest", "--name", "strict", "--when-broker-away", "refuse", "--json"
    )
    strict = json.loads(made)["token"]
    listed = json.loads(stack.tocsin("keys", "list", "--team", team.slug, "--json"))
    assert {(k["kind"], k["name"], k.get("whenBrokerAway")) for k in listed} == {
        ("ingest", "e2e", "spool"), ("api", "e2e", None), ("ingest", "strict", "refuse")}
    wait_for("the key works", lambda: is_known(team, strict))
    with broker_away(stack):
        answer = post(team, alert("strict"), key=strict)
        assert answer.status == 503 and answer.json["code"] == "broker_unavailable", answer
        assert int(answer.headers["Retry-After"]) > 0
        assert post(team, alert("lenient")).status == 200
    team.incident_of("lenient")
    wait_for("it is taken again", lambda: post(team, alert("strict"), key=strict).status == 200)


def fill(team, prefix, most=400):
    """Sends until the gateway refuses; the number that it took, and the refusal."""
    for number in range(most):
        big = alert(f"{prefix}-{number}")
        big["annotations"]["description"] = "x" * 12_000
        answer = post(team, big)
        if answer.status != 200:
            return number, answer
    raise AssertionError(f"{most} alerts were taken")


def test_a_full_spool_is_not_ready_and_answers_503(stack, team):
    with gateway_with(stack, TOCSIN_GATEWAY_SPOOL_MAX_BYTES=str(1 << 20)):
        wait_for("the key is known", lambda: is_known(team))
        with broker_away(stack):
            taken, answer = fill(team, "full")
            assert answer.status == 503 and answer.json["code"] == "spool_full", answer
            assert int(answer.headers["Retry-After"]) > 0
            report = wait_for("not ready", lambda: (lambda r: r if r.status == 503 else None)(ready(stack)))
            assert report.json["dependencies"]["spool"]["detail"].startswith("full;"), report
            assert spool_metric(stack, "usable") == 0
            files = pathlib.Path(stack.folder / "spool")
            assert sum(f.stat().st_size for f in files.iterdir()) <= 1 << 20
        wait_for("ready again", lambda: is_ready(stack), timeout=60)
        wait_for("every accepted alert is an incident", lambda: len(
            [i for i in team.incidents() if i["labels"]["service"].startswith("full-")]) == taken, timeout=60)
        assert post(team, alert("after-full")).status == 200


def test_a_full_disk_is_answered_and_heals_by_itself(stack, team, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], capture_output=True, text=True)
    if mount.returncode != 0:
        pytest.skip(f"needs the right to mount a small disk: {mount.stderr.strip()}")
    try:
        with gateway_with(stack, TOCSIN_GATEWAY_SPOOL_FOLDER=str(disk / "spool")):
            wait_for("the key is known", lambda: is_known(team))
            with broker_away(stack):
                assert post(team, alert("disk-first")).status == 200
                with open(disk / "filling", "wb", buffering=0) as filling, contextlib.suppress(OSError):
                    while filling.write(b"x" * 4096):
                        pass
                taken, answer = fill(team, "disk")
                assert answer.status == 503 and answer.json["code"] == "spool_failed", answer
                report = wait_for("not ready", lambda: (lambda r: r if r.status == 503 else None)(ready(stack)))
                assert "disk_full" in report.json["dependencies"]["spool"]["detail"], report
                os.unlink(disk / "filling")
                wait_for("it heals without a request or the broker", lambda: is_ready(stack), timeout=30)
                assert post(team, alert("disk-later")).status == 200
            wait_for("every accepted alert is an incident", lambda: len(
                [i for i in team.incidents() if i["labels"]["service"].startswith("disk-")]) == taken + 2, timeout=60)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_queue_of_the_client_goes_to_the_spool(stack, team):
    """librdkafka refuses more than ten records: the request is accepted all the same, and nothing of it is dropped."""
    with gateway_with(stack, TOCSIN_KAFKA_PROPERTIES="queue.buffering.max.messages=10"):
        wait_for("the key is known", lambda: is_known(team))
        with broker_away(stack):
            answer = post(team, *[alert(f"queue-{number}") for number in range(30)])
            assert answer.status == 200
            assert "queueFull" in stack.log(GATEWAY)
        wait_for("every alert is an incident", lambda: len(
            [i for i in team.incidents() if i["labels"]["service"].startswith("queue-")]) == 30, timeout=90)


def test_a_second_gateway_on_the_same_folder_does_not_start(stack, team):
    port = free_port_block(2, 28080)
    environment = {**stack.environment_of(GATEWAY), "TOCSIN_GATEWAY_PORT": str(port), "TOCSIN_ADMIN_PORT": str(port + 1)}
    second = subprocess.run([str(stack.bin / GATEWAY)], env=environment, capture_output=True, text=True, timeout=60)
    assert second.returncode == 78, second.stderr
    assert "in use by another gateway" in second.stderr
    assert post(team, alert("first-goes-on")).status == 200


def test_a_damaged_spool_is_set_aside_and_the_gateway_starts(stack, team):
    folder = stack.folder / "spool"
    wait_for("the spool is empty", lambda: spool_metric(stack, "records") == 0)
    stack.kill(GATEWAY)
    (folder / "spool.sqlite").write_bytes(b"no database " * 1000)
    (folder / "spool.sqlite-wal").unlink(missing_ok=True)
    stack.restart(GATEWAY)
    stack.wait_ready()
    assert spool_metric(stack, "damaged_total") == 1
    assert any(f.name.startswith("spool.damaged-") for f in folder.iterdir())
    wait_for("it accepts", lambda: post(team, alert("after-damage")).status == 200)
    send_many(team, "after-damage", 3)
