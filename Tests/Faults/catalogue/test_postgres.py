"""Rows 29 to 35: PostgreSQL stops, crashes, loses connections, locks, and runs out of connections and of space."""

import concurrent.futures
import shutil
import time

import pytest

from harness.injectors import SmallDisk
from harness.proxy import UP, Proxy
from support.stack import alert, wait_for, webhook
from world import IS_LONG, short_or_long


def test_row_29_postgresql_stopped(world, shop):
    """Consumers wait, the gateway goes on accepting; everything is told once when the server is back."""
    shop.send(*range(5))
    with world.postgres.away("fast"):
        shop.send(*range(5, 25))
        time.sleep(short_or_long(2, 60))
        assert world.gateway._is_ready(), "the gateway needs PostgreSQL for nothing but new keys"
    begun = time.monotonic()
    shop.check(resends=8)
    print(f"everything told {time.monotonic() - begun:.1f} s after the start")


@pytest.mark.parametrize("how", short_or_long(["immediate", "postmaster"], ["immediate", "postmaster", "backend"]))
def test_row_30_postgresql_crashes(world, shop, how):
    """The server recovers; no commit that was answered is gone, and the services go on by themselves."""
    shop.send(*range(10))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        sending = pool.submit(lambda: shop.send(*range(10, 60)))
        if how == "backend":
            world.postgres.kill_a_backend("alert-grouper")
        elif how == "postmaster":
            world.postgres.kill_postmaster()
        else:
            world.postgres.stop("immediate")
        sending.result(60)
    world.postgres.start()
    # Messages whose outcome could not be written in time are in doubt, and counted.
    shop.check(resends=8)


@pytest.mark.parametrize("service, arrives", [
    pytest.param("alert-grouper", True, id="grouper-committed"),
    pytest.param("alert-grouper", False, id="grouper-not-committed"),
    pytest.param("notifier", True, id="notifier-committed"),
    pytest.param("notifier", False, id="notifier-not-committed", marks=pytest.mark.skipif(not IS_LONG, reason="TOCSIN_FAULTS_LONG=1")),
])
def test_row_31_the_connection_breaks_in_a_commit(world, shop, service, arrives):
    """Whether the commit happened is not known to the client: it asks the offset, or the fence, and everything takes effect once."""
    url = world.postgres.url
    port = int(world.stack.environment["TOCSIN_POSTGRES_PORT"])
    with Proxy("127.0.0.1", port) as proxy:
        world.services[service].restart(DATABASE_URL=url.replace(f":{port}/", f":{proxy.port}/"))
        for round in range(short_or_long(2, 20)):
            proxy.cut_at(b"COMMIT", UP, deliver=arrives)
            shop.send(*range(round * 5, round * 5 + 5))
            wait_for("the cut", lambda: proxy.cuts == round + 1)
        shop.check(resends=10)
        world.services[service].restart()
    for number in range(10):
        assert shop.count(number) == {"alerts": 1, "occurrences": 1}


def test_row_32_batches_with_the_same_rows_in_other_orders(world, shop):
    """Two groupers and the console write the same alerts and incidents at once: no deadlock, and each alert counts once."""
    deadlocks = lambda: shop.stack.rows("SELECT sum(deadlocks)::int AS n FROM pg_stat_database")[0]["n"]  # noqa: E731
    before = deadlocks()
    world.member("alert-grouper").start().wait_ready()
    numbers = list(range(20))
    orders = [numbers[n:] + numbers[:n] for n in range(10)] + [numbers[::-1]] * 5

    def send(order):
        # One webhook with all alerts in this order; each is of a group, and so of a partition, of its own.
        shop.team.send(webhook(*[alert(shop.service(n), instance=f"i-{k % 2}") for k, n in enumerate(order)]))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(send, orders))
    shop.accepted = [shop.service(n) for n in numbers]
    shop.check()
    assert shop.count(3) == {"alerts": 2, "occurrences": 2}
    assert deadlocks() == before


def test_row_33_a_table_is_locked(world, shop):
    """Statements give up and are tried again; the service says that it is in trouble, connections do not pile up, and it goes on."""
    with world.postgres.locked("incidents"):
        shop.send(*range(10))
        wait_for("the grouper tries again", lambda: world.grouper.metric("tocsin_consumer_retries_total") >= 1, timeout=30)
        time.sleep(short_or_long(1, 60))
        count = shop.stack.rows("SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE '%grouper%'")[0]["n"]
        assert count <= 8, f"{count} connections"
    shop.check()


def test_row_34_no_connections_left(world, shop):
    """A service that gets two connections where it wants more works with these; one that gets none waits for them."""
    role = "few"
    postgres = world.postgres
    postgres.execute(f"DROP ROLE IF EXISTS {role}")
    postgres.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'few' CONNECTION LIMIT 2")
    for what in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        postgres.execute(f"GRANT ALL ON ALL {what} IN SCHEMA public TO {role}")
    password = postgres.url.split(":")[2].split("@")[0]
    limited = postgres.url.replace(f"//tocsin:{password}@", f"//{role}:few@")
    assert limited != postgres.url
    try:
        world.grouper.restart(DATABASE_URL=limited)
        shop.send(*range(20))
        shop.check()
        with postgres.connection_limit(role, 0):
            assert postgres.terminate(f"usename = '{role}'") >= 1
            shop.send(*range(20, 30))
            time.sleep(short_or_long(2, 30))
            assert world.grouper.is_alive
        shop.check()
    finally:
        world.grouper.restart()
        postgres.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_row_34_read_only(world, shop):
    """A server that refuses writes, as a replica after a failover: nothing is put aside, and it goes on when writes are allowed again."""
    letters = shop.letters()
    with world.postgres.read_only():
        shop.send(*range(10))
        time.sleep(short_or_long(2, 30))
        assert shop.incidents() == []
    shop.check()
    assert shop.letters() == letters


@pytest.mark.skipif(not SmallDisk.is_permitted(), reason="a disk to fill up needs the right to mount a tmpfs")
def test_row_35_the_disk_is_full(world, shop):
    """A table's disk is full: batches are tried again and none is put aside; with space again everything goes on."""
    disk = SmallDisk(world.stack.folder / "small", 48).mount(owner="postgres")
    letters = shop.letters()
    tables = ["incidents", "incident_events", "alerts"]
    try:
        (disk.folder / "space").mkdir()
        shutil.chown(disk.folder / "space", "postgres", "postgres")
        world.postgres.execute(f"CREATE TABLESPACE small LOCATION '{disk.folder / 'space'}'")
        for table in tables:
            world.postgres.execute(f"ALTER TABLE {table} SET TABLESPACE small")
        shop.send(*range(5))
        shop.check()
        disk.fill()
        # Rows of 60 kB do not fit into pages that are there already.
        retries = world.grouper.metric("tocsin_consumer_retries_total")
        for number in range(5, 65):
            body = shop.body(number)
            body["alerts"][0]["annotations"]["description"] = "".join(chr(33 + (i * i * 31 + i * number) % 90) for i in range(12_000))
            shop.team.send(body)
            shop.accepted.append(shop.service(number))
        wait_for("no space is told", lambda: world.grouper.metric("tocsin_consumer_retries_total", cause="sqlstate_53") >= 1)
        assert world.grouper.metric("tocsin_consumer_retries_total") > retries
        disk.free()
        shop.check()
        assert shop.letters() == letters
    finally:
        disk.free()
        for table in tables:
            world.postgres.execute(f"ALTER TABLE {table} SET TABLESPACE pg_default")
        world.postgres.execute("DROP TABLESPACE IF EXISTS small")
        disk.unmount()
