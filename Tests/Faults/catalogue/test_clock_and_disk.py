"""Rows 36 and 41: the spool's disk is full, and a service's clock is wrong."""

import concurrent.futures
import datetime
import time

import pytest

from harness.injectors import SmallDisk, shifted_clock
from support.stack import wait_for
from world import short_or_long


@pytest.mark.skipif(not SmallDisk.is_permitted(), reason="a disk to fill up needs the right to mount a tmpfs")
def test_row_36_the_spools_disk_is_full(world, shop):
    """With the broker away and no space for the spool the gateway answers 503 and is not ready; what it had accepted before gets through,
    and with space it accepts again."""
    disk = SmallDisk(world.stack.folder / "spool-disk", 8).mount()
    try:
        world.gateway.restart(TOCSIN_GATEWAY_SPOOL_FOLDER=str(disk.folder / "spool"))
        with world.broker.away():
            wait_for("the spool takes alerts", lambda: shop.try_once(0) == 200, timeout=60, interval=0.2)
            disk.fill()
            refused = []

            def is_full():
                number = len(refused) + len(shop.accepted)
                status = shop.try_once(number)
                assert status in (200, 503), status
                if status == 503:
                    refused.append(number)
                return status == 503

            wait_for("no space is told", is_full, timeout=60, interval=0)
            wait_for("it is not ready", lambda: not world.gateway._is_ready())
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                statuses = list(pool.map(shop.try_once, range(10_000, 10_020)))
            assert set(statuses) <= {200, 503}
            disk.free()
            wait_for("with space it accepts", lambda: shop.try_once(20_000) == 200, timeout=60, interval=0.2)
        shop.accepted = sorted(set(shop.accepted))
        shop.check(may_exist=[*refused, *range(10_000, 10_020)])
        wait_for("it is ready", world.gateway._is_ready)
    finally:
        world.gateway.restart()
        disk.unmount()


@pytest.mark.parametrize("service, hours", short_or_long(
    [("ingest-gateway", 2), ("alert-grouper", -2), ("notifier", 2)],
    [(service, hours) for service in ("ingest-gateway", "alert-grouper", "notifier") for hours in (2, -2)]))
def test_row_41_a_clock_is_hours_wrong(world, shop, service, hours):
    """Nothing is lost, and messages go neither early nor late: leases and due times are the database's."""
    target = world.services[service]
    target.restart(**shifted_clock(world.stack.folder, hours * 3600))
    started = [line for line in target.log().splitlines() if '"service started"' in line][-1]
    told = datetime.datetime.fromisoformat(started.split('"ts":"')[1].split('"')[0].replace("Z", "+00:00"))
    off = told.timestamp() - time.time()
    assert abs(off - hours * 3600) < 300, f"its clock is {off:.0f} s off"
    begun = time.time()
    shop.send(*range(10))
    shop.check(timeout=60)
    assert all(begun - 1 < arrival.time for arrival in shop.arrivals())
    # Not only does it work: what it left behind works with the right clock, too.
    target.restart()
    shop.send(*range(10, 10 + short_or_long(5, 50)))
    shop.check(timeout=60)
