"""One stack for all runs: PostgreSQL, dev broker and proxies stay, services and receivers are new in each run."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

from support.stack import SERVICES, Stack, Team, free_port_block, wait_for

from .injection import NOTIFIER_IN_FLIGHT
from .proxy import Proxy
from .sinks import Sinks
from .supervisor import Supervisor

BROKERS = 3
INSTANCES = 2


class Site:
    def __init__(self, folder: pathlib.Path, build: str):
        self.folder = folder
        # Its socket's path must be short and PostgreSQL's user must get in: not within `folder`.
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="tocsin-faults-"))
        self.state.chmod(0o755)
        os.environ["TOCSIN_BUILD"] = build
        self.stack = Stack(self.state)
        self.stack.environment["TOCSIN_DEV_BROKERS"] = str(BROKERS)
        self.brokers = BROKERS
        self.partitions = {}
        self.proxies = {}
        self.run = 0
        self.timeline = self.supervisor = self.sinks = None

    # -- once

    def up(self) -> None:
        """The README's command makes everything; then its services give way to the supervisor's."""
        self.stack.up()
        for line in self.stack.tocsin("topics", "--plain").split():
            name, _, partitions = line.partition(":")
            self.partitions[name] = int(partitions)
        self.stack.rows_data_directory()
        for service in SERVICES:
            os.kill(self.stack.pid(service), 15)
        for service in SERVICES:
            pid = self.stack.pid(service)
            wait_for(f"{service} has ended", lambda pid=pid: self._is_gone(pid))
            (self.state / "run" / f"{service}.pid").unlink()
        self.postgres_port = int(self.stack.environment["TOCSIN_POSTGRES_PORT"])
        self.proxies["postgres"] = Proxy("127.0.0.1", self.postgres_port).start()

    @staticmethod
    def _is_gone(pid) -> bool:
        return not os.path.exists(f"/proc/{pid}/exe") or Stack._is_zombie(pid)

    def down(self) -> None:
        for proxy in self.proxies.values():
            proxy.stop()
        self.stack.down()
        subprocess.run(["rm", "-rf", str(self.state)], check=False)

    # -- each run

    def begin(self, folder: pathlib.Path, seed: int, timeline) -> None:
        """New services and receivers, nothing running yet."""
        self.run += 1
        self.timeline = timeline
        self.sinks = Sinks(folder, seed).start()
        for name, port in (("web", self.sinks.http.port), ("mail", self.sinks.mail.port)):
            self.proxies[name] = Proxy("127.0.0.1", port).start()
        admin = free_port_block(len(SERVICES) * INSTANCES, 22000 + os.getpid() % 800 * 12)
        self.supervisor = Supervisor(self.stack.bin, folder, self._environment(), admin, timeline)
        self.started = self.stack.rows("SELECT now() AS now")[0]["now"]

    def end(self) -> None:
        self.supervisor.stop_all()
        for name in ("web", "mail"):
            self.proxies.pop(name).stop()
        self.sinks.stop()

    def _environment(self) -> dict:
        through_proxy = re.sub(r"@127\.0\.0\.1:\d+/", f"@127.0.0.1:{self.proxies['postgres'].port}/", self.stack.saved["DATABASE_URL"])
        return {
            **self.stack.environment,
            "DATABASE_URL": through_proxy,
            "KAFKA_BROKERS": self.stack.saved["KAFKA_BROKERS"],
            # The dev broker checks no sequence numbers: it takes request n+1 of an idempotent producer after it refused request n, which the
            # client then rightly counts as written (Kafka answers OUT_OF_ORDER_SEQUENCE). One request at a time leaves no n+1.
            "TOCSIN_KAFKA_PROPERTIES": "max.in.flight.requests.per.connection=1",
            "TOCSIN_CONSOLE_URL": self.stack.console,
            "TOCSIN_DOCS_FOLDER": str(self.state / "documents"),
            "TOCSIN_GATEWAY_SPOOL_FOLDER": str(self.state / "spool"),
            "TOCSIN_NOTIFIER_ALLOW_PRIVATE_ADDRESSES": "true",
            "TOCSIN_NOTIFIER_MAX_IN_FLIGHT": str(NOTIFIER_IN_FLIGHT),
            "TOCSIN_NOTIFIER_LEASE_SECONDS": "10",
        }

    def make_teams(self, seed: int) -> list:
        """Two teams with keys and every type of channel, of whom nobody has heard before."""
        teams = []
        for letter in ("a", "b"):
            team = Team(self.stack, f"s{seed}-r{self.run}{letter}")
            for name, kind, settings, options in self.sinks.channels(team.slug, self.proxies["web"].port, self.proxies["mail"].port):
                team.channel(name, kind, *settings, options=options)
            teams.append(team)
        return teams

    # -- PostgreSQL

    def sql(self, statement: str) -> str:
        result = self.stack.run("psql", self.stack.saved["DATABASE_URL"], "-Atqc", statement, check=False, timeout=60)
        if result.returncode != 0:
            # Without the command, which holds the password.
            raise OSError(result.stderr.strip().splitlines()[-1] if result.stderr.strip() else "psql failed")
        return result.stdout

    def stop_postgres(self, mode: str) -> None:
        self.stack.postgres("-m", mode, "-w", "stop")

    def start_postgres(self) -> None:
        """Nothing happens when it runs already."""
        probe = self.stack.run("psql", self.stack.saved["DATABASE_URL"], "-Atqc", "SELECT 1", check=False)
        if probe.returncode != 0:
            log = pathlib.Path(self.stack.rows_data_directory()).parent / "postgres.log"
            self.stack.postgres("-l", str(log), "-o", f"-p {self.postgres_port}", "-w", "-t", "60", "start")

    # -- topics

    def produce(self, topic: str, value: str, key="poison", partition=None, headers=()) -> int:
        """Puts one record into a topic.
        - Returns: how often it was tried; it may be there as often."""
        with tempfile.NamedTemporaryFile("w", suffix=".record", newline="") as file:
            file.write(value)
            file.flush()
            options = ["-p", str(partition)] if partition is not None else []
            for name, header in headers:
                options += ["-H", f"{name}={header}"]
            for attempt in range(1, 11):
                result = self.stack.run(
                    "kcat", "-b", self.stack.saved["KAFKA_BROKERS"], "-P", "-t", topic, "-k", key, *options,
                    "-X", "message.timeout.ms=3000", file.name, check=False, timeout=60)
                if result.returncode == 0:
                    return attempt
                time.sleep(1)
        raise OSError(f"kcat could not produce: {result.stderr.strip()[-200:]}")

    def copy_records(self, topic: str, count: int, random) -> None:
        """Puts some of the latest records into their partition again, as a producer does that lost an acknowledgement."""
        result = self.stack.run(
            "kcat", "-b", self.stack.saved["KAFKA_BROKERS"], "-C", "-t", topic, "-o", "-3", "-e", "-q", "-J", check=False, timeout=30)
        records = []
        for line in result.stdout.splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue  # poison
            if "ce_id" in (record.get("headers") or []):
                records.append(record)
        for record in random.sample(records, min(count, len(records))):
            headers = list(zip(record["headers"][::2], record["headers"][1::2]))
            self.produce(topic, record["payload"], record["key"], record["partition"], headers)

    def ends(self, topic: str) -> dict:
        """partition -> offset after its last record."""
        asked = [part for p in range(self.partitions[topic]) for part in ("-t", f"{topic}:{p}:-1")]
        result = self.stack.run("kcat", "-b", self.stack.saved["KAFKA_BROKERS"], "-Q", *asked, timeout=60)
        return {int(p): int(end) for p, end in re.findall(r"\[(\d+)\] offset (\d+)", result.stdout)}

    # -- rest

    def hurry(self, teams) -> None:
        """What would be tried again within the next 24 hours is tried now, and who has held a document for ten seconds of the minute of its
        lease has lost it."""
        ids = ",".join(f"'{team}'" for team in teams.values())
        for statement in (
            f"UPDATE notification_channels SET paused_until = NULL, consecutive_failures = 0 WHERE team_id IN ({ids}) "
            "AND consecutive_failures > 0",
            f"UPDATE deliveries SET next_attempt_at = now() WHERE team_id IN ({ids}) AND state = 'pending' AND next_attempt_at > now()",
            "UPDATE document_jobs SET next_attempt_at = least(next_attempt_at, now()), "
            "lease_until = CASE WHEN lease_until < now() + interval '50 s' THEN now() ELSE lease_until END "
            f"WHERE team_id IN ({ids}) AND state IN ('pending', 'running')",
        ):
            try:
                self.sql(statement)
            except OSError as error:
                # A deadlock with the services' own statements: the next look tries again.
                self.timeline.note(f"    not hurried: {error}")

    def unrest(self, teams) -> list:
        """What is still to be done; empty when everything has come to rest."""
        ids = ",".join(f"'{team}'" for team in teams.values())
        found = []
        for row in self.stack.rows(
            "SELECT 'outbox' AS what, count(*) AS n FROM outbox UNION ALL "
            f"SELECT 'unfinished messages', count(*) FROM deliveries WHERE team_id IN ({ids}) AND state IN ('pending', 'sending') "
            f"UNION ALL SELECT 'unwritten documents', count(*) FROM document_jobs WHERE team_id IN ({ids}) "
            "AND state IN ('pending', 'running') UNION ALL "
            "SELECT 'events not yet seen by ' || g, count(*) FROM unnest(ARRAY['notifier', 'metrics-aggregator', 'doc-publisher']) g "
            "JOIN incidents i ON true LEFT JOIN consumer_progress p ON p.consumer_group = g AND p.incident_id = i.id "
            f"WHERE i.team_id IN ({ids}) AND p.sequence IS DISTINCT FROM i.sequence GROUP BY g"
        ):
            if row["n"]:
                found.append(f"{row['n']} {row['what']}")
        return found + self._lag() + self._spooled()

    def _lag(self) -> list:
        offsets = {
            (row["consumer_group"], row["topic"], row["partition"]): row["next_offset"]
            for row in self.stack.rows("SELECT consumer_group, topic, partition, next_offset FROM consumer_offsets")
        }
        readers = {}
        for group, topic, _ in offsets:
            readers.setdefault(topic, set()).add(group)
        found = []
        for topic in ("tocsin.signals", "tocsin.incidents"):
            for group in readers.get(topic, ()):
                lag = sum(max(0, end - offsets.get((group, topic, p), 0)) for p, end in self.ends(topic).items())
                if lag:
                    found.append(f"{lag} records of {topic} before {group}")
        return found

    def _spooled(self) -> list:
        waiting = self.supervisor.metric("ingest-gateway", "tocsin_gateway_spool_records")
        return [f"{waiting:.0f} spooled alerts"] if waiting else []
