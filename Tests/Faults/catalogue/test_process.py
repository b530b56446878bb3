"""Rows 1 to 10: processes that die, all at once or between two effects, and processes that come back from the dead."""

import concurrent.futures
import itertools
import threading
import time

import pytest

from support.stack import SERVICES, wait_for
from world import short_or_long


def crash(service, point: str, cause) -> None:
    """Starts the service so that it dies at the point, lets `cause` bring it there, and starts it as it was."""
    service.restart(CRASHPOINT=f"{point}:1")
    cause()
    service.wait_crash_point(point)
    service.start(CRASHPOINT=None).wait_ready()


def test_row_01_gateway_dies_before_the_broker_has_acknowledged(world, shop):
    """The sender sees a reset and sends again: one event, one incident."""
    statuses = []
    crash(world.gateway, "gateway.produced", lambda: statuses.append(shop.try_once(1)))
    assert statuses == [None], "the sender must not have heard anything"
    shop.send(1)
    shop.check()
    assert shop.count(1) == {"alerts": 1, "occurrences": 1}


@pytest.mark.parametrize("point", ["gateway.acknowledged", "gateway.answered"])
def test_row_02_gateway_dies_after_the_acknowledgement(world, shop, point):
    """What the broker has is there although its gateway died; the sender that heard nothing sends again, and that changes nothing."""
    crash(world.gateway, point, lambda: shop.try_once(1))
    wait_for("the incident, though nobody sent again", lambda: len(shop.incidents()) == 1)
    shop.send(1)
    shop.check()
    assert shop.count(1) == {"alerts": 1, "occurrences": 1}


def test_row_03_grouper_dies_before_its_commit(world, shop):
    """The batch is read again and takes effect once."""
    crash(world.grouper, "batch.written", lambda: shop.send(*range(5)))
    shop.check()
    assert shop.count(1) == {"alerts": 1, "occurrences": 1}


def test_row_04_grouper_dies_after_its_commit(world, shop):
    """The offset in PostgreSQL is ahead of the one in Kafka, and counts: nothing is handled twice. What it had not published yet is
    published by a relay."""
    crash(world.grouper, "batch.committed", lambda: shop.send(*range(5)))
    shop.check()
    assert shop.count(1) == {"alerts": 1, "occurrences": 1}
    repeats = shop.stack.rows(
        f"SELECT coalesce(sum(repeats), 0)::int AS n FROM alerts WHERE left(labels->>'service', {len(shop.prefix)}) = '{shop.prefix}'")
    assert repeats[0]["n"] == 0, "a record was handled again"
    assert len(set(shop.facts())) == 5


def test_row_05_notifier_dies_before_the_request(world, shop):
    """The message's lease runs out, and it is sent: once, since it had not left."""
    crash(world.notifier, "delivery.claimed", lambda: shop.send(1))
    shop.check(resends=1)
    assert len(shop.arrivals()) == 1


def test_row_06_notifier_dies_between_the_answer_and_its_outcome(world, shop):
    """The message is in doubt: it goes again under the same id, and is counted; a receiver that keeps ids has it once."""
    crash(world.notifier, "delivery.sent", lambda: shop.send(1))
    shop.check(resends=1)
    ids = [arrival.headers["webhook-id"] for arrival in shop.arrivals()]
    assert len(set(ids)) == 1 and len(ids) == 2
    assert [row["resends"] for row in shop.deliveries()] == [1]


def test_row_06_notifier_dies_after_the_outcome(world, shop):
    """The outcome is committed, its fact is not published: nothing is sent again, and a relay publishes."""
    crash(world.notifier, "delivery.recorded", lambda: shop.send(1))
    shop.check()
    assert len(shop.arrivals()) == 1
    incident = shop.incidents()[0]["id"]
    wait_for("the fact", lambda: incident in shop.stack.run(
        "kcat", "-b", shop.stack.saved["KAFKA_BROKERS"], "-t", "tocsin.notifications", "-C", "-e", "-q").stdout, interval=0.5)


def test_row_07_grouper_dies_between_publishing_and_forgetting(world, shop):
    """The fact lies in Kafka twice, with the same id; who reads it drops the second."""
    crash(world.grouper, "outbox.published", lambda: shop.send(1))
    shop.check()
    wait_for("the second publication", lambda: len(shop.facts()) == 2, interval=0.5)
    assert len(set(shop.facts())) == 1
    assert len(shop.arrivals()) == 1


def test_row_07_the_relay_dies_between_publishing_and_forgetting(world, shop):
    """As above, in the relay that publishes for a process which died before it could."""
    others = [world.services[name] for name in SERVICES if name not in ("ingest-gateway", "alert-grouper")]
    world.grouper.restart(CRASHPOINT="batch.committed:1")
    for other in others:
        other.pause()  # or its relay is the one that publishes
    try:
        shop.send(1)
        world.grouper.wait_crash_point("batch.committed")
        world.grouper.start(CRASHPOINT="relay.published:1")
        world.grouper.wait_crash_point("relay.published")
    finally:
        for other in others:
            other.resume()
    world.grouper.start(CRASHPOINT=None).wait_ready()
    shop.check()
    wait_for("the second publication", lambda: len(shop.facts()) == 2, interval=0.5)
    assert len(set(shop.facts())) == 1
    assert len(shop.arrivals()) == 1


def test_row_08_kill_9_of_each_service_and_of_all_at_once(world, shop):
    """Under traffic each service in turn, then all at once, several times: everything accepted is told once."""
    numbers = itertools.count()
    over = threading.Event()

    def traffic():
        while not over.is_set():
            shop.send(next(numbers))
            time.sleep(0.05)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        senders = [pool.submit(traffic) for _ in range(2)]
        try:
            for names in [[name] for name in SERVICES] + [SERVICES] * short_or_long(2, 20):
                time.sleep(0.3)
                for name in names:
                    world.services[name].kill()
                for name in names:
                    world.services[name].start()
                # A worker is killed again while it is still joining its group, too; the gateway must be there for the traffic.
                world.gateway.wait_ready()
            world.heal()
        finally:
            over.set()
        for sender in senders:
            sender.result(120)
    assert len(shop.accepted) > 10
    shop.check(timeout=120, resends=8)
    total = len(shop.accepted)
    figures = lambda: shop.stack.rows(  # noqa: E731
        f"SELECT count(*) AS n FROM incident_measures m JOIN incidents i ON i.id = m.incident_id "
        f"WHERE left(i.labels->>'service', {len(shop.prefix)}) = '{shop.prefix}'")[0]["n"]
    wait_for("the figures are whole", lambda: figures() == total, timeout=60, interval=0.2)


def test_row_09_a_grouper_that_was_away_finds_itself_replaced(world, shop):
    """It is stopped in the middle of a batch until another member has its partitions; woken up, its batch takes no effect."""
    old, new = world.grouper, world.member("alert-grouper")
    with world.postgres.locked("incidents", "SHARE ROW EXCLUSIVE"):
        shop.send(*range(5))
        wait_for("the batch waits for the lock", lambda: shop.stack.rows(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE '%grouper%'"))
        old.pause()
    try:
        new.start().wait_ready()
        time.sleep(short_or_long(0, 60))
        shop.check()
    finally:
        old.resume()
    old.wait_ready()
    given_up = lambda: old.metric("tocsin_consumer_fenced_total") + old.metric("tocsin_consumer_abandoned_total")  # noqa: E731
    wait_for("the old member gives its batch up", lambda: given_up() >= 1)
    shop.send(*range(5, 10))
    shop.check()
    for number in range(10):
        assert shop.count(number) == {"alerts": 1, "occurrences": 1}


def test_row_10_a_notifier_that_was_away_sends_nothing_that_was_taken_over(world, own_shop):
    """Messages wait in it for their channel's pace when it is stopped; their leases run out and another notifier sends them. Woken up, it
    looks before it sends, and leaves them alone."""
    shop, old, new = own_shop, world.notifier, world.member("notifier")
    path = f"/services/T/B/{shop.team.slug}"
    shop.team.channel("paced", "slack", f"url={shop.sink.url}{path}")
    shop.send(*range(12))  # one a second after the first three
    waiting = "SELECT 1 FROM deliveries d JOIN notification_channels c ON c.id = d.channel_id WHERE c.name = 'paced' AND d.state = 'sending'"
    wait_for("some have gone, others wait", lambda: len(shop.sink.at(path)) >= 4 and shop.stack.rows(waiting))
    old.pause()
    try:
        claimed = len(shop.stack.rows(waiting))
        new.start().wait_ready()
        wait_for("their leases have run out", lambda: not shop.stack.rows(waiting + " AND d.lease_until < now()"), timeout=60)
        wait_for("the other one has sent them", lambda: len({a.json["text"] for a in shop.sink.at(path)}) == 12, timeout=90, interval=0.2)
    finally:
        old.resume()
    wait_for("the old one has looked", lambda: old.metric("tocsin_notifier_fenced_total") >= 1 or claimed == 0, timeout=60)
    shop.check(resends=4)
    wait_for("all have an outcome", lambda: all(row["state"] == "sent" for row in shop.deliveries("paced")), timeout=90)
    rows = shop.deliveries("paced")
    assert len(rows) == 12
    assert len(shop.sink.at(path)) <= 12 + sum(row["resends"] for row in rows)
