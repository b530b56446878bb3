"""Carries out a schedule: each kind of fault as a method of the same name."""

import random
import subprocess
import threading
import time

from .proxy import DOWN, UP
from .schedule import SERVICES

# Most messages on their way from the notifier at once; a death of it may leave so many in doubt.
NOTIFIER_IN_FLIGHT = 16


class Injection:
    """Runs faults at their times, each in a thread; `heal` takes back what is left of them."""

    def __init__(self, site, faults: list, seed: int):
        self._site = site
        self._faults = faults
        self._random = random.Random(f"injection {seed}")
        self._threads = []
        self._healing = threading.Event()
        self._database = threading.Lock()  # only one fault stops PostgreSQL at a time
        self.poisoned = []  # (topic, value, attempts) put into topics
        self.ambiguities = 0  # messages that a fault may have left in doubt, beyond those that a sink caused
        self.skipped = []

    def start(self) -> None:
        thread = threading.Thread(target=self._run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def heal(self) -> None:
        """Everything is as it should be when this returns."""
        self._healing.set()
        for thread in self._threads:
            thread.join(60)
        site = self._site
        for command in ("up", "rtt 0", *(f"clear {api}" for api in
                                          ("produce", "fetch", "heartbeat", "joingroup", "offsetcommit", "findcoordinator"))):
            site.stack.broker(command)
        site.start_postgres()
        site.sinks.heal()
        for proxy in site.proxies.values():
            proxy.heal()
        site.supervisor.heal()

    def _run(self) -> None:
        for fault in self._faults:
            if self._healing.wait(max(0.0, fault.at - self._site.timeline.now)):
                return
            thread = threading.Thread(target=self._strike, args=(fault,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _strike(self, fault) -> None:
        self._site.timeline.note(str(fault))
        try:
            getattr(self, fault.kind.replace("-", "_"))(**fault.arguments)
        except (OSError, AssertionError, subprocess.SubprocessError) as error:
            # Another fault was in the way, such as a broker that is down for a poison record.
            self.skipped.append(f"{fault}: {error}")
            self._site.timeline.note(f"    {fault.kind} did not strike: {str(error).splitlines()[0][:120]}")

    def _lasting(self, seconds: float) -> None:
        self._healing.wait(seconds)

    def _doubt(self, service: str) -> None:
        if service == "notifier":
            self.ambiguities += NOTIFIER_IN_FLIGHT

    # -- processes

    def kill(self, service):
        self._doubt(service)
        self._site.supervisor.kill(service)

    def kill_all(self):
        for service in SERVICES:
            self.kill(service)

    def crash(self, service, point, passing):
        self._doubt(service)
        self._site.supervisor.restart(service, graceful=False, CRASHPOINT=f"{point}:{passing}")

    def pause(self, service, seconds):
        self._doubt(service)
        self._site.supervisor.pause(service)
        self._lasting(seconds)
        self._site.supervisor.resume(service)

    def rebalance(self, service, seconds, end):
        self._site.supervisor.start(service, instance=2)
        self._lasting(seconds)
        if end == "kill":
            self._doubt(service)
        self._site.supervisor.stop(service, instance=2, hard=end == "kill")

    def restart(self):
        """Rolling, as an upgrade does."""
        self._doubt("notifier")
        for service in SERVICES:
            self._site.supervisor.restart(service, graceful=True)

    # -- broker

    def broker_down(self, seconds):
        self._site.stack.broker("down")
        self._lasting(seconds)
        self._site.stack.broker("up")

    def broker_slow(self, milliseconds, seconds):
        self._site.stack.broker(f"rtt {milliseconds}")
        self._lasting(seconds)
        self._site.stack.broker("rtt 0")

    def broker_errors(self, api, code, count):
        self._site.stack.broker(f"error {api} {code} {count}")

    def leader(self, topic, seconds):
        """Some partitions have no leader for a while, then another one than before."""
        partitions = self._random.sample(range(self._site.partitions[topic]), 8)
        for partition in partitions:
            self._site.stack.broker(f"leader {topic} {partition} -1")
        self._lasting(seconds)
        for partition in partitions:
            self._site.stack.broker(f"leader {topic} {partition} {self._random.randint(1, self._site.brokers)}")

    def coordinator(self, group):
        self._site.stack.broker(f"coordinator group {group} {self._random.randint(1, self._site.brokers)}")

    def poison(self, topic, value):
        # Made unique, so that the checker finds each one.
        value = f"{value} #{self._site.run}-{len(self.poisoned)}"
        attempts = self._site.produce(topic, value)
        self.poisoned.append((topic, value, attempts))

    def copies(self, topic, count):
        self._site.copy_records(topic, count, self._random)

    # -- PostgreSQL

    # An answer of PostgreSQL that gets lost may leave messages claimed whose sender does not know it: their leases run out.

    def postgres_stop(self, mode, seconds):
        self._doubt("notifier")
        with self._database:
            self._site.stop_postgres(mode)
            self._lasting(seconds)
            self._site.start_postgres()

    def postgres_terminate(self):
        self._doubt("notifier")
        self._site.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'tocsin'")

    def postgres_lock(self, table, seconds):
        self._doubt("notifier")
        self._site.sql(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({seconds}); COMMIT")

    def postgres_net(self, how, seconds):
        self._doubt("notifier")
        self._net(self._site.proxies["postgres"], how, seconds, b"COMMIT")

    # -- receivers

    def sinks(self, channel, answer, share, seconds):
        self._site.sinks.set_mood(channel, answer, share)
        self._lasting(seconds)
        self._site.sinks.http.clear_mood(channel)

    def sinks_net(self, how, seconds):
        self.ambiguities += NOTIFIER_IN_FLIGHT
        for name in ("web", "mail"):
            self._net(self._site.proxies[name], how, seconds, b"HTTP/1.1 200")

    def _net(self, proxy, how, seconds, pattern):
        if how == "latency":
            proxy.slow(latency=0.3)
        elif how == "slice":
            proxy.slow(slice=7)
        elif how == "blackhole":
            proxy.black_hole()
        elif how == "reset":
            proxy.reset()
            return
        else:
            # What the server did is done; that it did, its client does not hear.
            proxy.cut_at(pattern, UP if pattern == b"COMMIT" else DOWN, deliver=pattern == b"COMMIT")
        self._lasting(seconds)
        proxy.heal()
