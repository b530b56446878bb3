"""Rows 37 to 40: receivers that are busy, dead or hostile, and names that lead nowhere or to the wrong place."""

import contextlib
import ssl
import subprocess
import time

import pytest

from hostile import HostileServer
from name_server import NameServer
from shop import SECRET
from support.sinks import Answer
from support.stack import wait_for
from world import short_or_long

MEBIBYTE = 1024 * 1024


def told(shop, path) -> list:
    return [arrival for arrival in shop.sink.at(path) if arrival.status == 200]


def test_row_37_too_many_requests(world, own_shop):
    """The channel waits as long as it was told and no other waits with it."""
    shop, seconds = own_shop, short_or_long(4, 30)
    path = f"/busy/{shop.team.slug}"
    shop.team.channel("busy", "webhook", f"url={shop.sink.url}{path}", SECRET)
    shop.sink.script(path, Answer(status=429, headers={"Retry-After": str(seconds)}))
    shop.send(0)
    wait_for("it was told to wait", lambda: shop.sink.at(path))
    shop.send(*range(1, 10))
    wait_for("the other channel is not delayed", lambda: len(shop.arrivals()) == 10)
    wait_for("the busy channel has all", lambda: len(told(shop, path)) == 10, timeout=seconds + 60)
    first, second = shop.sink.at(path)[:2]
    assert second.time - first.time >= seconds, "it came back too early"
    assert len(shop.sink.at(path)) == 11, "the others of the channel waited, too"
    shop.check()


def test_row_38_a_burst_of_failures(world, own_shop):
    """500 and 502 are ridden out: after three in a row the channel rests, one message tries it, and then all go. No other waits."""
    shop = own_shop
    path = f"/flaky/{shop.team.slug}"
    shop.team.channel("flaky", "webhook", f"url={shop.sink.url}{path}", SECRET)
    shop.sink.script(path, *[Answer(status=status) for status in (500, 502, 500)])
    opened = world.notifier.metric("tocsin_notifier_breaker_opened_total")
    for number in range(3):
        # One after the other: a success that was under way beside them would end the row.
        shop.send(number)
        wait_for("the channel is tried", lambda least=number + 1: len(shop.sink.at(path)) >= least)
    wait_for("the breaker opens", lambda: world.notifier.metric("tocsin_notifier_breaker_opened_total") > opened)
    shop.send(*range(3, 8))
    wait_for("the other channel is not delayed", lambda: len(shop.arrivals()) == 8)
    assert len(shop.sink.at(path)) <= 8, "a channel that fails is not flooded"
    wait_for("all have gone in the end", lambda: len(told(shop, path)) == 8, timeout=90)
    wait_for("and are in the ledger", lambda: {row["state"] for row in shop.deliveries("flaky")} == {"sent"})


def test_row_38_a_channel_that_stays_dead(world, own_shop):
    """When the schedule is over its messages are dead, with the reason. The schedule itself, more than a day, is taken in one step here:
    RetryPolicyTests and SettlementTests have its times."""
    shop = own_shop
    path = f"/dead/{shop.team.slug}"
    shop.team.channel("dead", "webhook", f"url={shop.sink.url}{path}", SECRET)
    shop.sink.script(path, status=503)
    shop.send(0, 1)
    wait_for("both have failed once", lambda: [row["attempts"] for row in shop.deliveries("dead")] == [1, 1])
    world.postgres.execute(
        "UPDATE deliveries SET attempts = 9, next_attempt_at = now() WHERE state = 'pending' AND channel_id = "
        f"(SELECT c.id FROM notification_channels c JOIN teams t ON t.id = c.team_id WHERE t.slug = '{shop.team.slug}' AND c.name = 'dead')")
    wait_for("both are given up", lambda: {row["state"] for row in shop.deliveries("dead")} == {"dead"}, timeout=60)
    assert all("503" in row["last_error"] and row["attempts"] == 10 for row in shop.deliveries("dead"))
    shop.check()


HOSTILE = ["hang", "drip", "huge", "bomb", "garbage", "redirect", "metadata", "torn"]


def test_row_39_hostile_receivers(world, own_shop):
    """Each has its channel: every attempt ends in bounded time and memory with a reason in the ledger, no redirect is followed, and a
    good channel hears at once."""
    shop = own_shop
    before = world.notifier.memory_bytes
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(HostileServer())
        expired = stack.enter_context(HostileServer(expired_certificate(world.stack.folder)))
        for name in HOSTILE:
            shop.team.channel(name, "webhook", f"url={plain.url}/{name}", SECRET)
        shop.team.channel("expired", "webhook", f"url={expired.url}/secret", SECRET)
        begun = time.monotonic()
        shop.send(0)
        wait_for("the good channel hears", lambda: shop.arrivals())
        rows = {}
        for name in [*HOSTILE, "expired"]:
            rows[name] = wait_for(
                f"{name} has failed", lambda name=name: [r for r in shop.deliveries(name) if r["last_error"]], timeout=45)[0]
        print(f"all classified after {time.monotonic() - begun:.1f} s: {({name: row['last_error'] for name, row in rows.items()})}")
        assert all(row["state"] in ("pending", "sending", "dead") for row in rows.values()), rows
        assert "/secret" not in plain.arrivals, "a redirect was followed"
        assert expired.arrivals == {}, "the request went to a server with an expired certificate"
        assert plain.sent["/huge"] < 32 * MEBIBYTE, "the body was read"
        assert world.notifier.peak_memory_bytes - before < 96 * MEBIBYTE


def expired_certificate(folder) -> ssl.SSLContext:
    key, request, certificate = folder / "expired.key", folder / "expired.csr", folder / "expired.pem"
    subprocess.run(
        ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=127.0.0.1"],
        check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-signkey", key, "-days", "-1", "-out", certificate],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture
def names(world):
    """A name server that the notifier asks, and only the notifier."""
    reason = NameServer.reason_why_not()
    if reason:
        pytest.skip(reason)
    with NameServer(world.stack.folder) as server:
        yield server
        world.notifier.restart()


def test_row_40_names_fail_and_are_slow(world, own_shop, names):
    """A name that cannot be resolved is tried again and delays no other channel; when it can be, the message goes, once."""
    shop = own_shop
    path = f"/named/{shop.team.slug}"
    names.answers["hook.tocsin.example"] = names.FAILURE
    names.answers["slow.tocsin.example"] = names.SILENCE
    shop.team.channel("named", "webhook", f"url=http://hook.tocsin.example:{shop.sink.port}{path}", SECRET)
    shop.team.channel("slow", "webhook", f"url=http://slow.tocsin.example:{shop.sink.port}/slow", SECRET)
    world.notifier.stop()
    world.notifier.start(wrapper=names.wrapper()).wait_ready()
    shop.send(0)
    wait_for("the good channel hears", lambda: shop.arrivals())
    wait_for("the name was asked for", lambda: names.asked.get("hook.tocsin.example"))
    wait_for("it failed", lambda: shop.deliveries("named")[0]["last_error"])
    names.answers["hook.tocsin.example"] = "127.0.0.1"
    wait_for("it gets through", lambda: len(shop.sink.at(path)) == 1, timeout=60)
    wait_for("the slow one is given up for now", lambda: shop.deliveries("slow")[0]["last_error"], timeout=30)
    shop.check()


def test_row_40_a_name_that_turns_inwards(world, own_shop, names):
    """A public name that leads to this machine, at once or from the second look-up on, is not followed."""
    shop = own_shop
    names.answers["turned.tocsin.example"] = "127.0.0.1"
    names.answers["metadata.tocsin.example"] = "169.254.169.254"
    names.answers["flips.tocsin.example"] = ["198.51.100.1", "127.0.0.1"]
    for name in ("turned", "metadata", "flips"):
        # Where strangers add channels only these ports are allowed; nobody listens there, and nobody must have been asked.
        shop.team.channel(name, "webhook", f"url=https://{name}.tocsin.example:8443/x", SECRET)
    world.notifier.stop()
    world.notifier.start(wrapper=names.wrapper(), TOCSIN_NOTIFIER_ALLOW_PRIVATE_ADDRESSES="false").wait_ready()
    shop.send(0)
    for name in ("turned", "metadata"):
        row = wait_for(f"{name} is refused", lambda name=name: [r for r in shop.deliveries(name) if r["last_error"]], timeout=30)[0]
        assert "address" in row["last_error"], row
    # The first address answers nobody; what counts is that it is never this machine that is asked.
    wait_for("the flipping one has failed", lambda: [r for r in shop.deliveries("flips") if r["last_error"]], timeout=30)
