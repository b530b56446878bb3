"""HTTP as bytes on sockets: what no library would send, and more connections than one would open."""

import contextlib
import itertools
import json
import os
import pathlib
import resource
import selectors
import socket
import statistics
import subprocess
import threading
import time

from .stack import SERVICES, free_port_block, request, wait_for


def allow_files(count: int) -> None:
    """Raises this process's own limit of open files, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= count, f"this test needs {count} open files: ulimit -n {count}"


class Answer:
    def __init__(self, raw: bytes, is_closed: bool):
        self.raw = raw
        self.is_closed = is_closed

    @property
    def statuses(self) -> list:
        return [int(line.split()[1]) for line in self.raw.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]

    @property
    def body(self) -> bytes:
        """The body of the last answer."""
        return self.raw.rpartition(b"\r\n\r\n")[2]

    @property
    def json(self):
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        head = self.raw.partition(b"\r\n\r\n")[0].decode("latin1")
        values = [line.partition(":")[2].strip() for line in head.split("\r\n") if line.lower().startswith(name.lower() + ":")]
        return values[0] if values else None

    def __repr__(self):
        return f"{self.statuses} {'closed' if self.is_closed else 'open'} {self.raw[-300:]!r}"


def exchange(port: int, data: bytes, source: str = "127.0.0.1", timeout: float = 20.0, until_closed: bool = True) -> Answer:
    """Sends the bytes and reads until the server closes; or, with `until_closed` off, until one whole answer is there."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout, source_address=(source, 0)) as connection:
        raw, is_closed = b"", True
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
        try:
            while part := connection.recv(65536):
                raw += part
                if not until_closed and _is_whole(raw):
                    is_closed = False
                    break
        except TimeoutError:
            is_closed = False
        except ConnectionError:
            pass
    return Answer(raw, is_closed)


def _is_whole(raw: bytes) -> bool:
    head, separator, body = raw.partition(b"\r\n\r\n")
    if not separator:
        return False
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return False


class Extra:
    """One more process of a service beside the stack's own, with settings of its own."""

    numbers = itertools.count()

    def __init__(self, stack, name: str, **settings):
        self.name = name
        self.port = free_port_block(2, 11_000 + os.getpid() % 400 * 16 + next(self.numbers) % 8 * 2)
        self.admin_port = self.port + 1
        prefix = {"ingest-gateway": "TOCSIN_GATEWAY", "console": "TOCSIN_CONSOLE"}[name]
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("TOCSIN_")},
            "DATABASE_URL": stack.saved["DATABASE_URL"],
            "KAFKA_BROKERS": stack.saved["KAFKA_BROKERS"],
            "TOCSIN_INSTANCE_ID": f"extra-{self.port}",
            "TOCSIN_ADMIN_PORT": str(self.admin_port),
            "TOCSIN_DB_MAX_CONNECTIONS": "2",
            f"{prefix}_PORT": str(self.port),
            **{f"{prefix}_{key}": str(value) for key, value in settings.items()},
        }
        self.log = stack.folder / "log" / f"extra-{name}-{self.port}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen([str(stack.bin / name)], env=environment, stdout=output, stderr=output)
        try:
            wait_for(f"{name} is ready", self.is_ready, 60, 0.1)
        except BaseException:
            self.stop()
            raise

    def is_ready(self) -> bool:
        try:
            return request("GET", f"http://127.0.0.1:{self.admin_port}/ready").status == 200
        except OSError:
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            return False

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self) -> int:
        return self.process.pid


def resident_bytes(pid: int) -> int:
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def metric(admin_port: int, name: str, **labels) -> float:
    text = request("GET", f"http://127.0.0.1:{admin_port}/metrics").body.decode()
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in text.splitlines()
        if line.split("{")[0].split(" ")[0] == name and all(f'{key}="{value}"' in line for key, value in labels.items())
    )


class SlowSockets:
    """Connections from many addresses that never finish a request: each gets its first bytes and then one byte now and then."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.sockets = {}
        self.closed_after = []
        self.stopping = False
        self.thread = None

    def open(self, port: int, count: int, sources: list, first: bytes, trickle: bytes) -> None:
        """`trickle` is repeated for ever; empty: nothing is sent, and nothing read either."""
        for number in range(count):
            connection = socket.socket()
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT: ports enough for thousands
            connection.bind((sources[number % len(sources)], 0))
            with contextlib.suppress(BlockingIOError):
                connection.connect(("127.0.0.1", port))
            self.sockets[connection] = (time.monotonic(), first, trickle)
            if number % 100 == 99:
                time.sleep(0.02)

    def start(self) -> None:
        self.thread = threading.Thread(target=self._trickle, daemon=True)
        self.thread.start()

    def _trickle(self) -> None:
        begun = set()
        while not self.stopping and self.sockets:
            now = time.monotonic()
            for connection, (opened, first, trickle) in list(self.sockets.items()):
                try:
                    with contextlib.suppress(BlockingIOError):
                        if connection not in begun and first:
                            connection.send(first)
                        elif trickle:
                            connection.send(trickle)
                        begun.add(connection)
                    with contextlib.suppress(BlockingIOError):
                        if connection.recv(4096) == b"":
                            raise ConnectionResetError
                except OSError:
                    self.closed_after.append(now - opened)
                    del self.sockets[connection]
                    connection.close()
            time.sleep(0.5)

    def stop(self) -> None:
        self.stopping = True
        if self.thread:
            self.thread.join()
        for connection in list(self.sockets):
            connection.close()
        self.sockets = {}


def latencies(send, count: int) -> list:
    """Seconds of each call, sorted."""
    found = []
    for _ in range(count):
        start = time.monotonic()
        send()
        found.append(time.monotonic() - start)
    return sorted(found)


def p99(values: list) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


def admin_port(stack, name: str) -> int:
    return stack.admin_base + SERVICES.index(name)
