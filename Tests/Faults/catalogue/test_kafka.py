"""Rows 11 to 24: the broker is away, hangs, is slow, loses answers, refuses, moves leaders, trims its log, and holds unfit records."""

import base64
import collections
import concurrent.futures
import contextlib
import http.client
import itertools
import json
import os
import time

import pytest

from harness.injectors import Watch
from support.stack import SERVICES, alert, wait_for, webhook
from world import short_or_long

MEBIBYTE = 1024 * 1024
# Resident growth that an outage may cause in one service: queues are bounded far below.
MEMORY_GROWTH = 160 * MEBIBYTE
ALERTS_IN_A_WEBHOOK = 10


def test_row_11_broker_away(world, shop):
    """Whatever the gateway answers while the broker is away holds: an accepted alert becomes its incident when it is back, unaided, and
    a refused one was told to come back. The long form, with its load and the memory of each service, is test_row_11_memory."""
    shop.send(*range(10))
    shop.check()
    with world.broker.away():
        answers = [shop.try_once(number) for number in range(10, 20)]
        refused = [number for number, status in zip(range(10, 20), answers) if status != 200]
        assert set(answers) <= {200, 503}, answers
        if refused:
            answer = shop.team.post("/api/webhooks/alertmanager", shop.body(refused[0]))
            assert answer.status == 200 or int(answer.headers["Retry-After"]) > 0
        time.sleep(short_or_long(3, 30))
    shop.send(*refused, *range(20, 30))
    shop.check()


def test_row_11_memory_stays_bounded_in_an_outage_under_load(world, own_shop):
    """Alerts keep coming while the broker is away: no service grows beyond its bound, and every alert that was accepted is counted."""
    shop = own_shop
    seconds, rate = short_or_long(6, 600), short_or_long(100, 500)
    before = {name: service.memory_bytes for name, service in world.services.items()}
    accepted = collections.Counter()

    def send(first):
        # A hundred services, and five thousand alerts of them, again and again.
        alerts = [
            alert(shop.service(number % 100), instance=f"i-{number % 5000}") for number in range(first, first + ALERTS_IN_A_WEBHOOK)]
        try:
            status = shop.team.post("/api/webhooks/alertmanager", webhook(*alerts), timeout=30).status
        except (OSError, http.client.HTTPException):
            status = None
        if status == 200:
            accepted.update((a["labels"]["service"], a["labels"]["instance"]) for a in alerts)
        return status

    with contextlib.ExitStack() as stack:
        watches = {name: stack.enter_context(Watch(lambda s=service: s.memory_bytes)) for name, service in world.services.items()}
        pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(8))
        answers = collections.Counter()
        sent = 0
        with world.broker.away():
            begun = time.monotonic()
            while (passed := time.monotonic() - begun) < seconds:
                firsts = range(sent, int(passed * rate), ALERTS_IN_A_WEBHOOK)
                answers.update(pool.map(send, firsts))
                sent += len(firsts) * ALERTS_IN_A_WEBHOOK
                time.sleep(0.02)
        shop.accepted = sorted({service for service, _ in accepted})
        begun = time.monotonic()
        handled = (
            "SELECT count(*)::int AS alerts, coalesce(sum(repeats), 0)::int AS repeats FROM alerts a JOIN teams t ON t.id = a.team_id "
            f"WHERE t.slug = '{shop.team.slug}'")

        def is_complete():
            row = shop.stack.rows(handled)[0]
            return row["alerts"] >= len(accepted) and row["alerts"] + row["repeats"] >= accepted.total()

        wait_for("every accepted alert is counted", is_complete, timeout=short_or_long(120, 900), interval=0.5)
        caught_up = time.monotonic() - begun
        shop.check(timeout=short_or_long(120, 300), may_exist=range(100), resends=2)
    most = {name: watch.maximum for name, watch in watches.items()}
    print(
        f"{sent} alerts in {seconds} s of outage, {accepted.total()} accepted, answers {dict(answers)}, caught up {caught_up:.0f} s after it; "
        "MiB before and at most: " + ", ".join(f"{name} {before[name] // MEBIBYTE} {most[name] // MEBIBYTE}" for name in SERVICES))
    assert set(answers) <= {200, 503}
    assert all(most[name] - before[name] < MEMORY_GROWTH for name in SERVICES)


def test_row_13_broker_hangs(world, shop):
    """It accepts connections and never answers: every sender hears something within the request's bound, and no threads pile up."""
    shop.send(0)
    threads = world.gateway.threads
    with world.broker.hanging(), concurrent.futures.ThreadPoolExecutor(16) as pool:
        with Watch(lambda: world.gateway.threads) as watch:
            answers = list(pool.map(lambda number: (number, shop.try_once(number, timeout=30)), range(1, 33)))
            time.sleep(short_or_long(1, 60))
    assert {status for _, status in answers} <= {200, 503}, answers
    assert watch.maximum <= threads + 8, f"{threads} threads before, {watch.maximum} in between"
    world.heal()
    shop.send(*[number for number, status in answers if status != 200])
    shop.check()


def test_row_14_slow_broker(world, shop):
    """Answers take their time: less throughput, no loss."""
    with world.broker.slow(short_or_long(700, 2000)):
        shop.send(*range(20))
        time.sleep(short_or_long(1, 30))
    shop.check()


@pytest.mark.parametrize("code", ["NOT_LEADER_FOR_PARTITION", "NOT_ENOUGH_REPLICAS", "REQUEST_TIMED_OUT"])
def test_row_16_retriable_produce_errors(world, shop, code):
    """Refused twenty times, the records get through."""
    world.broker(f"error Produce {code} 20")
    shop.send(*range(10))
    shop.check()
    world.broker("clear Produce")


def test_row_17_fatal_producer_error(world, shop):
    """A producer that can go on no more is replaced; what was not acknowledged is published by the new one under the same id."""
    everywhere = lambda: sum(service.metric("tocsin_producer_rebuilds") for service in world.services.values())  # noqa: E731
    # Several requests in flight, as services have by default.
    properties = world.gateway._environment["TOCSIN_KAFKA_PROPERTIES"]
    world.gateway.restart(TOCSIN_KAFKA_PROPERTIES=properties.replace(";max.in.flight.requests.per.connection=1", ""))
    before = everywhere()
    shop.send(0)
    shop.check()
    numbers = iter(range(1, 100))

    def fail():
        # The second makes the producer ask for a new id; that it is refused one is fatal. Another service that publishes just now may
        # meet the answer meant for the gateway, which that one survives: then once more.
        world.broker("error InitProducerId CLUSTER_AUTHORIZATION_FAILED 1")
        world.broker("error Produce OUT_OF_ORDER_SEQUENCE_NUMBER 1")
        shop.send(*itertools.islice(numbers, 9))
        with contextlib.suppress(AssertionError):
            return wait_for("a producer is replaced", lambda: everywhere() > before, timeout=5)
        world.broker("clear InitProducerId")
        world.broker("clear Produce")
        return False

    assert any(fail() for _ in range(5)), "no producer was replaced"
    shop.check()
    world.gateway.restart()


def test_row_18_no_leader_and_then_another(world, shop):
    """Partitions without a leader take nothing until another broker leads them; everything goes on by itself."""
    shop.send(0)
    topics = [("tocsin.signals", 64), ("tocsin.incidents", 32)]
    for topic, partitions in topics:
        for partition in range(partitions):
            world.broker(f"leader {topic} {partition} -1")
    try:
        answers = [shop.try_once(number) for number in range(1, 4)]
    finally:
        for topic, partitions in topics:
            for partition in range(partitions):
                world.broker(f"leader {topic} {partition} {1 + (partition + 1) % 3}")
    assert set(answers) <= {200, 503}
    shop.send(*[number for number, status in zip(range(1, 4), answers) if status != 200], *range(4, 8))
    shop.check()


def test_row_19_the_producers_queue_is_full(world, shop):
    """With the broker away and a small queue, alerts are spooled or refused with 503: none is dropped after its 200, and the memory stays."""
    properties = world.gateway._environment["TOCSIN_KAFKA_PROPERTIES"]
    world.gateway.restart(TOCSIN_KAFKA_PROPERTIES=properties + ";queue.buffering.max.messages=100")
    before = world.gateway.memory_bytes
    with world.broker.away(), concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda number: (number, shop.try_once(number, timeout=30)), range(300)))
    assert {status for _, status in answers} <= {200, 503}
    assert world.gateway.peak_memory_bytes - before < MEMORY_GROWTH
    shop.check(may_exist=[number for number, status in answers if status == 503])
    world.gateway.restart()


def test_row_20_rebalance_storm(world, shop):
    """Members of the group come and go: nothing is handled twice."""
    number = 0
    for _ in range(short_or_long(2, 20)):
        member = world.member("alert-grouper").start()
        shop.send(*range(number, number + 10))
        time.sleep(3)
        member.stop() if number % 20 else member.kill()
        number += 10
    shop.check(timeout=120)
    for n in range(number):
        assert shop.count(n) == {"alerts": 1, "occurrences": 1}


@pytest.mark.parametrize("errors", [
    ["Heartbeat REBALANCE_IN_PROGRESS 2", "JoinGroup COORDINATOR_NOT_AVAILABLE 2"],
    ["Heartbeat ILLEGAL_GENERATION 2", "OffsetCommit REBALANCE_IN_PROGRESS 2"],
    ["Heartbeat UNKNOWN_MEMBER_ID 2", "JoinGroup UNKNOWN_MEMBER_ID 1", "SyncGroup COORDINATOR_LOAD_IN_PROGRESS 1"],
], ids=["rebalance", "generation", "member"])
def test_row_21_group_errors(world, shop, errors):
    """Members that the coordinator no longer knows join again; consumption goes on."""
    shop.send(0)
    for error in errors:
        world.broker(f"error {error}")
    time.sleep(1)
    shop.send(*range(1, 6))
    shop.check(timeout=60)
    for error in errors:
        world.broker(f"clear {error.split()[0]}")


def test_row_22_the_coordinator_moves(world, shop):
    """The groups' coordinator becomes another broker, twice: members find it."""
    shop.send(0)
    groups = [row["g"] for row in shop.stack.rows("SELECT DISTINCT consumer_group AS g FROM consumer_offsets")]
    for broker in (2, 3):
        for group in groups:
            world.broker(f"coordinator group {group} {broker}")
        shop.send(*range(broker * 10, broker * 10 + 5))
        shop.check(timeout=60)


def test_row_23_the_log_was_trimmed_before_it_was_read(world, own_shop):
    """More is written to one partition than the broker keeps while the grouper is away: the gap is told by metric and log, and what is
    left is handled."""
    shop = own_shop
    shop.team.send(shop.body("first"))
    wait_for("it works", lambda: shop.incidents())
    world.grouper.stop()
    for number in range(100):
        body = shop.body("first", instance=f"i-{number}")
        # Noise, since records are compressed.
        body["alerts"][0]["annotations"] = {f"a{n}": base64.b64encode(os.urandom(12_000)).decode() for n in range(6)}
        shop.team.send(body)
    world.grouper.start().wait_ready()
    wait_for("the gap is told", lambda: world.grouper.metric("tocsin_consumer_gap_total", topic="tocsin.signals") >= 1)
    assert "records are missing from the log" in world.grouper.log()
    last = lambda: shop.stack.rows(  # noqa: E731
        f"SELECT 1 FROM alerts WHERE labels->>'service' = '{shop.service('first')}' AND labels->>'instance' = 'i-99'")
    wait_for("the rest is handled", last)
    shop.send("after")
    wait_for("new alerts are", lambda: shop.service("after") in {i["service"] for i in shop.incidents()})


def test_row_24_poison(world, shop):
    """Records that no gateway would write are put aside with their bytes and the reason; their partition goes on."""
    poison = {
        "not-json": b"not json",
        "wrong-schema": b'{"hello": "world"}',
        "long-string": b'{"teamId": "' + b"x" * 900_000 + b'"}',
        "invalid-utf8": b'{"teamId": "\xff\xfe"}',
        "deep": b"[" * 2000 + b"]" * 2000,
        "no-such-team": json.dumps({
            "teamId": "00000000-0000-4000-8000-000000000000", "source": "alertmanager", "fingerprint": "f", "status": "firing",
            "startsAt": "2026-11-21T05:55:16Z", "groupingKey": "service=x", "labels": {"alertname": "x", "service": "x"},
            "annotations": {}, "receivedAt": "2026-11-21T05:55:16Z"}).encode(),
    }
    before = shop.letters()
    for name, value in poison.items():
        path = world.stack.folder / "poison"
        path.write_bytes(value)
        shop.stack.run("kcat", "-b", shop.stack.saved["KAFKA_BROKERS"], "-P", "-t", "tocsin.signals", "-k", name, "-p", "0", str(path))
    shop.send(*range(64))  # some of them to partition 0
    shop.check()
    wait_for("the dead letters", lambda: shop.letters() == before + len(poison), interval=0.3)
    rows = shop.stack.rows(
        "SELECT convert_from(record_key, 'UTF8') AS name, encode(record_value, 'base64') AS value, reason FROM dead_letters "
        f"WHERE convert_from(record_key, 'UTF8') IN ({', '.join(repr(name) for name in poison)})")
    assert {row["name"]: base64.b64decode(row["value"]) for row in rows} == poison
    assert all(row["reason"] for row in rows)


# Last of this file: after late answers the dev broker has no errors of the same API any more.
def test_row_15_persisted_and_the_answer_lost(world, shop):
    """The broker stores the records and the answer never arrives: they are published again, lie in the log twice, and count once."""
    before = shop.stack.topic_ends("tocsin.signals")
    shop.send(0)
    world.broker("late Produce 9000 1")  # longer than socket.timeout.ms
    shop.send(*range(1, 9))
    shop.check()
    wait_for("the copies", lambda: shop.stack.topic_ends("tocsin.signals") - before > 9, timeout=60, interval=1)
    shop.check()
    for number in range(9):
        assert shop.count(number) == {"alerts": 1, "occurrences": 1}
