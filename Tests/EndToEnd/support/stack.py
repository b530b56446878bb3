"""The real stack, started with the README's command in a state folder and on ports of its own."""

import hashlib
import http.client
import json
import os
import pathlib
import shlex
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
SERVICES = ["ingest-gateway", "alert-grouper", "notifier", "metrics-aggregator", "doc-publisher", "console"]


def free_port_block(count: int, start: int) -> int:
    """First port of a block that nobody listens on."""
    for first in range(start, start + 4000, count):
        sockets = []
        try:
            for port in range(first, first + count):
                listener = socket.socket()
                sockets.append(listener)
                listener.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for listener in sockets:
                listener.close()
    raise RuntimeError("no free ports")


def wait_for(what: str, condition, timeout: float = 30.0, interval: float = 0.02):
    """Polls until `condition()` is truthy and returns its value; fails with the last value seen."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout} s: {what}; last seen: {value!r}")
        time.sleep(interval)


class Response:
    def __init__(self, status: int, headers, body: bytes):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


def request(method: str, url: str, body=None, headers=None, timeout: float = 15.0) -> Response:
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    headers = dict(headers or {})
    if data is not None:
        headers.setdefault("Content-Type", "application/json")
    call = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(call, timeout=timeout) as answer:
            return Response(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Response(error.code, error.headers, error.read())


class Team:
    """A team with keys; what a user of that team does."""

    def __init__(self, stack: "Stack", slug: str):
        self.stack = stack
        self.slug = slug
        stack.tocsin("teams", "create", slug, "--name", f"Team {slug}", "--if-absent")
        self.ingest_key = self.key("ingest")
        self.api_key = self.key("api")
        # Key caches are refreshed every two seconds. A body without a version is refused, but only after the key was known.
        wait_for("the API key works", lambda: self.api("GET", "/api/incidents").status == 200)
        wait_for("the ingest key works", lambda: self.post("/api/webhooks/alertmanager", {}).status == 400)

    def key(self, kind: str) -> str:
        made = self.stack.tocsin("keys", "create", "--team", self.slug, "--kind", kind, "--name", "e2e", "--json")
        return json.loads(made)["token"]

    def post(self, path: str, body, key=None, headers=None, timeout=15.0) -> Response:
        headers = {"Authorization": f"Bearer {key or self.ingest_key}", **(headers or {})}
        return request("POST", self.stack.gateway + path, body, headers, timeout)

    def send(self, body) -> None:
        """One Alertmanager webhook that must be accepted; tried again, as Alertmanager does, when the gateway cannot take it, dies
        in the middle of the request or is not there."""

        def accepted():
            try:
                answer = self.post("/api/webhooks/alertmanager", body)
            except (OSError, http.client.HTTPException):
                return False
            assert answer.status in (200, 401, 503), answer
            return answer.status == 200

        wait_for("the gateway accepts", accepted, timeout=60, interval=0.2)

    def api(self, method: str, path: str, body=None, headers=None) -> Response:
        headers = {"Authorization": f"Bearer {self.api_key}", **(headers or {})}
        return request(method, self.stack.console + path, body, headers)

    def incidents(self, query: str = "") -> list:
        answer = self.api("GET", f"/api/incidents?limit=1000{query}")
        assert answer.status == 200, answer
        return answer.json["incidents"]

    def incident_of(self, service: str, timeout: float = 30.0, **expected) -> dict:
        """Waits for the newest incident of a service to have the expected fields."""

        def find():
            found = [i for i in self.incidents() if i["labels"].get("service") == service]
            found.sort(key=lambda incident: incident["number"])
            if found and all(found[-1].get(name) == value for name, value in expected.items()):
                return found[-1]
            return None

        return wait_for(f"incident of {service} with {expected}", find, timeout)

    def channel(self, name: str, kind: str, *settings: str, options=()) -> None:
        arguments = [part for setting in settings for part in ("--set", setting)]
        self.stack.tocsin("channels", "add", "--team", self.slug, "--name", name, "--type", kind, *arguments, *options)

    def deliveries(self, incident_id: str) -> list:
        return self.stack.rows(
            "SELECT c.name AS channel, d.kind, d.state, d.part, d.sequence, d.attempts, d.resends FROM deliveries d "
            "JOIN notification_channels c ON c.id = d.channel_id "
            f"WHERE d.incident_id = '{incident_id}' ORDER BY d.sequence, c.name, d.part"
        )


class Stack:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        # Runs that start at the same moment look from different places.
        first = free_port_block(12, 18080 + os.getpid() % 1000 * 12)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("TOCSIN_")},
            "TOCSIN_LOCAL_DIR": str(folder),
            "TOCSIN_BUILD": os.environ.get("TOCSIN_BUILD", "debug"),
            "TOCSIN_SKIP_BUILD": "1",
            "TOCSIN_GATEWAY_PORT": str(first),
            "TOCSIN_CONSOLE_PORT": str(first + 1),
            "TOCSIN_POSTGRES_PORT": str(first + 2),
            "TOCSIN_ADMIN_BASE_PORT": str(first + 3),
            "TOCSIN_DOCS_DELAY_SECONDS": "1",
            "TOCSIN_GROUPER_EXPIRY_GRACE_S": "2",
            "TOCSIN_NOTIFIER_LEASE_SECONDS": "20",
        }
        self.admin_base = first + 3
        self.gateway = f"http://127.0.0.1:{first}"
        self.console = f"http://127.0.0.1:{first + 1}"
        self.saved = {}
        # Of `restart`: the environments of services, by name, and its children.
        self.started = {}
        self.processes = []
        self.bin = ROOT / ".build" / self.environment["TOCSIN_BUILD"]

    # -- the commands of deploy/local

    def run(self, *command: str, check=True, timeout=240, **extra) -> subprocess.CompletedProcess:
        environment = {**self.environment, **extra}
        result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout)
        if check and result.returncode != 0:
            raise AssertionError(f"{shlex.join(command)} -> {result.returncode}\n{result.stdout}\n{result.stderr}")
        return result

    def up(self) -> str:
        output = self.run("deploy/local/up").stdout
        for line in (self.folder / "env").read_text().splitlines():
            if line.startswith("export ") and "='" in line:
                name, value = line[len("export ") :].split("=", 1)
                self.saved[name] = value.strip("'")
        return output

    def down(self) -> None:
        self.run("deploy/local/down", "--wipe", check=False)

    def tocsin(self, *arguments: str, check=True, timeout=60) -> str:
        return self.run(
            str(self.bin / "tocsin"), *arguments, check=check, timeout=timeout, **self.operator_environment()
        ).stdout

    def operator_environment(self) -> dict:
        names = ("DATABASE_URL", "KAFKA_BROKERS", "TOCSIN_INGEST_KEY", "TOCSIN_API_KEY", "TOCSIN_GATEWAY_URL", "TOCSIN_CONSOLE_URL")
        return {"TOCSIN_NOTIFIER_ALLOW_PRIVATE_ADDRESSES": "true", **{name: self.saved[name] for name in names}}

    # -- looking inside

    def rows(self, sql: str) -> list:
        """Rows of a query as dictionaries."""
        wrapped = f"SELECT coalesce(json_agg(q), '[]') FROM ({sql}) q"
        result = self.run("psql", self.saved["DATABASE_URL"], "-Atqc", wrapped)
        return json.loads(result.stdout)

    def pid(self, name: str) -> int:
        return int((self.folder / "run" / f"{name}.pid").read_text())

    def kill(self, name: str, signal: int = 9) -> None:
        pid = self.pid(name)
        self.started[name] = self.environment_of(name)
        os.kill(pid, signal)
        wait_for(f"{name} is gone", lambda: not os.path.exists(f"/proc/{pid}/exe") or self._is_zombie(pid))

    def is_alive(self, name: str) -> bool:
        pid = self.pid(name)
        return os.path.exists(f"/proc/{pid}/exe") and not self._is_zombie(pid)

    def environment_of(self, name: str) -> dict:
        """What the running process was started with."""
        block = pathlib.Path(f"/proc/{self.pid(name)}/environ").read_bytes().decode()
        return dict(entry.split("=", 1) for entry in block.split("\0") if entry)

    def restart(self, name: str, environment: dict | None = None) -> None:
        """Starts one service anew without waiting for it, which `up` would: also when the rest of the stack is not well. Stops the
        running one first. The environment is that of the last start unless given."""
        if self.is_alive(name):
            self.started[name] = self.environment_of(name)
            self.kill(name, 15)
        environment = environment or self.started[name]
        with open(self.folder / "log" / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                [str(self.bin / name)], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=ROOT
            )
        (self.folder / "run" / f"{name}.pid").write_text(str(process.pid))
        self.processes.append(process)

    @staticmethod
    def _is_zombie(pid: int) -> bool:
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except FileNotFoundError:
            return True

    def admin(self, name: str, path: str) -> Response:
        return request("GET", f"http://127.0.0.1:{self.admin_base + SERVICES.index(name)}{path}")

    def metric(self, name: str, metric: str, **labels) -> float:
        """Sum of a metric's series that carry the labels."""
        total = 0.0
        for line in self.admin(name, "/metrics").body.decode().splitlines():
            if line.split("{")[0].split(" ")[0] == metric and all(f'{k}="{v}"' in line for k, v in labels.items()):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def wait_ready(self, timeout=60) -> None:
        def ready():
            try:
                return all(self.admin(name, "/ready").status == 200 for name in SERVICES)
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                return False

        wait_for("every service is ready", ready, timeout, 0.1)

    def log(self, name: str) -> str:
        return (self.folder / "log" / f"{name}.log").read_text(errors="replace")

    def topic_ends(self, topic: str) -> int:
        """Records that a topic holds, over all partitions."""
        result = self.run(
            "kcat", "-b", self.saved["KAFKA_BROKERS"], "-t", topic, "-C", "-e", "-q", "-f", ".", timeout=60
        )
        return len(result.stdout)

    # -- faults

    def broker(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(10)
            control.connect(str(self.folder / "run" / "dev-broker.control"))
            control.sendall(command.encode() + b"\n")
            reply = control.recv(4096).decode().strip()
        assert reply.startswith("ok"), f"{command}: {reply}"
        return reply

    def postgres(self, *arguments: str) -> None:
        """pg_ctl of the stack's own server."""
        data = self.rows_data_directory()
        program = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1]
        command = [str(program), "-D", data, *arguments]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        self.run(*command)

    def rows_data_directory(self) -> str:
        if not hasattr(self, "_data"):
            self._data = self.rows("SELECT current_setting('data_directory') AS data")[0]["data"]
        return self._data


def alert(service: str, name="HighErrorRate", instance="i-1", status="firing", severity="critical", starts="2026-11-21T05:00:00Z",
          ends="0001-01-01T00:00:00Z", **labels) -> dict:
    """One alert of an Alertmanager webhook. The fingerprint is made of what names the alert."""
    all_labels = {"alertname": name, "service": service, "instance": instance, "severity": severity, **labels}
    named = repr(sorted((name, value) for name, value in all_labels.items() if name != "severity"))
    return {
        "status": status,
        "labels": all_labels,
        "annotations": {"summary": f"{name} on {service}", "description": f"seen on {instance}"},
        "startsAt": starts,
        "endsAt": ends,
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": hashlib.sha256(named.encode()).hexdigest()[:16],
    }


def webhook(*alerts: dict) -> dict:
    """The body that Alertmanager sends for these alerts."""
    firing = any(a["status"] == "firing" for a in alerts)
    return {
        "version": "4",
        "groupKey": '{}:{alertname="x"}',
        "truncatedAlerts": 0,
        "status": "firing" if firing else "resolved",
        "receiver": "tocsin",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "alerts": list(alerts),
    }
