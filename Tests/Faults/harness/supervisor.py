"""Starts, stops, kills and revives the real executables, one process for each service and instance."""

import dataclasses
import os
import pathlib
import signal
import subprocess
import threading
import time
import urllib.request

from .schedule import SERVICES

# A process that ends by one of these has met a fault of its own: never an answer to a fault from outside.
CRASH_SIGNALS = {signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE}
KILLED_BY_CRASH_POINT = 137
# How long a dead service stays dead: what starts services in production needs a moment, too.
REVIVE_SECONDS = 0.5


@dataclasses.dataclass
class Bounds:
    """The most that a process may use (I9). For debug builds under this load."""

    rss_megabytes: int = 256
    descriptors: int = 256
    threads: int = 80


@dataclasses.dataclass
class Child:
    service: str
    instance: int
    environment: dict
    process: subprocess.Popen = None
    wanted: bool = True
    revive_at: float = 0.0
    paused: bool = False

    @property
    def name(self) -> str:
        return self.service if self.instance == 1 else f"{self.service}-{self.instance}"


class Supervisor:
    """`ports`: a block of free ports, `len(SERVICES)` for each instance. `environment`: what every service gets."""

    def __init__(self, binaries: pathlib.Path, folder: pathlib.Path, environment: dict, admin_port: int, timeline):
        self._binaries = binaries
        self._folder = folder
        self._environment = environment
        self._admin_port = admin_port
        self._timeline = timeline
        self._children = {}
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self.unexpected = []  # deaths that no fault explains
        self.crash_points = []  # crash points that were reached
        self.deaths = {}  # service -> how often it died
        self.maxima = {}  # service -> (RSS in MB, descriptors, threads)
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    # -- one process

    def admin_port(self, service: str, instance: int = 1) -> int:
        return self._admin_port + (instance - 1) * len(SERVICES) + SERVICES.index(service)

    def start(self, service: str, instance: int = 1, **extra) -> None:
        """Starts an instance; `extra` is environment for this one start only."""
        with self._lock:
            child = self._children.get((service, instance))
            if child is None:
                environment = {
                    **self._environment,
                    "TOCSIN_ADMIN_PORT": str(self.admin_port(service, instance)),
                    "TOCSIN_INSTANCE_ID": f"{service}-{instance}-{os.getpid()}",
                }
                child = self._children[service, instance] = Child(service, instance, environment)
            child.wanted = True
            self._spawn(child, extra)

    def _spawn(self, child: Child, extra=None) -> None:
        work = self._folder / "work" / child.name
        work.mkdir(parents=True, exist_ok=True)
        (self._folder / "log").mkdir(exist_ok=True)
        with open(self._folder / "log" / f"{child.name}.log", "ab") as log:
            child.process = subprocess.Popen(
                [str(self._binaries / child.service)], env={**child.environment, **(extra or {})}, cwd=work, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True)
        child.paused = False

    def kill(self, service: str, instance: int = 1) -> None:
        """kill -9. It comes back by itself if it is wanted."""
        with self._lock:
            child = self._children.get((service, instance))
            if child and child.process.poll() is None:
                child.process.kill()

    def stop(self, service: str, instance: int = 1, hard: bool = False, timeout: float = 30.0) -> None:
        """Ends an instance for good: by SIGTERM, as an orchestrator does, or by kill -9."""
        with self._lock:
            child = self._children.get((service, instance))
            if child is None:
                return
            child.wanted = False
            process = child.process
            was_alive = process.poll() is None
            if child.paused and was_alive:
                process.send_signal(signal.SIGCONT)
            if was_alive:
                process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.unexpected.append(f"{child.name} did not end within {timeout:.0f} s of SIGTERM")
            process.kill()
            process.wait()
        with self._lock:
            if self._children.get((service, instance)) is child:
                del self._children[service, instance]
        if was_alive and not hard and process.returncode:
            self._examine(child, process.returncode)

    def restart(self, service: str, graceful: bool, **extra) -> None:
        """Ends the first instance and starts it with `extra` in its environment."""
        self.stop(service, hard=not graceful)
        self.start(service, **extra)

    def pause(self, service: str) -> None:
        with self._lock:
            child = self._children.get((service, 1))
            if child and child.process.poll() is None:
                child.process.send_signal(signal.SIGSTOP)
                child.paused = True

    def resume(self, service: str) -> None:
        with self._lock:
            child = self._children.get((service, 1))
            if child and child.paused:
                child.paused = False
                if child.process.poll() is None:
                    child.process.send_signal(signal.SIGCONT)

    def pid(self, service: str, instance: int = 1):
        with self._lock:
            child = self._children.get((service, instance))
            return child.process.pid if child and child.process.poll() is None else None

    # -- all of them

    def start_all(self) -> None:
        for service in SERVICES:
            self.start(service)
        if not self._watcher.is_alive():
            self._watcher.start()

    def heal(self) -> None:
        """Second instances end, who sleeps wakes."""
        with self._lock:
            extra = [(c.service, c.instance) for c in self._children.values() if c.instance != 1]
        for service, instance in extra:
            self.stop(service, instance)
        for service in SERVICES:
            self.resume(service)

    def ready(self) -> dict:
        """service -> None when it is ready and reads its partitions, else what it says."""
        return {service: self._readiness(service) for service in SERVICES}

    def _readiness(self, service: str):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port(service)}/ready", timeout=2) as answer:
                # A consumer is ready while it still waits for its partitions: a fault would then hit nothing.
                return "waits for its partitions" if b"waits for its partitions" in answer.read() else None
        except OSError as error:
            return str(error)

    def wait_ready(self, timeout: float = 90.0) -> float:
        """Seconds until all were ready at once; raises TimeoutError with what each said."""
        start = time.monotonic()
        while True:
            state = self.ready()
            if not any(state.values()):
                return time.monotonic() - start
            if time.monotonic() - start > timeout:
                raise TimeoutError(f"not ready after {timeout:.0f} s: { {k: v for k, v in state.items() if v} }")
            time.sleep(0.2)

    def metric(self, service: str, name: str, instance: int = 1) -> float:
        """Sum over a metric's series; 0 when the service does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port(service, instance)}/metrics", timeout=2) as answer:
                text = answer.read().decode()
        except OSError:
            return 0.0
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.split("{")[0].split(" ")[0] == name)

    def stop_all(self) -> None:
        """Asks all, then waits for each."""
        self._stopping.set()
        with self._lock:
            children = list(self._children.values())
            for child in children:
                child.wanted = False
                if child.process.poll() is None:
                    if child.paused:
                        child.process.send_signal(signal.SIGCONT)
                    child.process.send_signal(signal.SIGTERM)
        for child in children:
            self.stop(child.service, child.instance)
        if self._watcher.is_alive():
            self._watcher.join(5)

    # -- watching

    def _watch(self) -> None:
        while not self._stopping.wait(0.1):
            with self._lock:
                for child in list(self._children.values()):
                    self._look_after(child)

    def _look_after(self, child: Child) -> None:
        code = child.process.poll()
        if code is None:
            self._sample(child)
            return
        if not child.wanted:
            return
        now = time.monotonic()
        if not child.revive_at:
            child.revive_at = now + REVIVE_SECONDS
            self.deaths[child.service] = self.deaths.get(child.service, 0) + 1
            self._timeline.note(f"    {child.name} died ({self._examine(child, code)})")
        elif now >= child.revive_at:
            child.revive_at = 0.0
            self._spawn(child)

    def _examine(self, child: Child, code: int) -> str:
        if code == KILLED_BY_CRASH_POINT:
            line = self._last_line(child)
            self.crash_points.append(line)
            return line
        if code < 0 and -code in {int(s) for s in CRASH_SIGNALS}:
            self.unexpected.append(f"{child.name} ended by {signal.Signals(-code).name}: {self._last_line(child)}")
        return signal.Signals(-code).name if code < 0 else f"exit {code}"

    def _last_line(self, child: Child) -> str:
        path = self._folder / "log" / f"{child.name}.log"
        lines = path.read_bytes().splitlines()
        return lines[-1].decode("utf-8", "replace")[:300] if lines else ""

    def _sample(self, child: Child) -> None:
        folder = pathlib.Path(f"/proc/{child.process.pid}")
        try:
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
            rss = int(status.get("VmRSS", "0 kB").split()[0]) // 1024
            threads = int(status["Threads"])
            descriptors = len(os.listdir(folder / "fd"))
        except (OSError, KeyError, ValueError):
            return
        before = self.maxima.get(child.service, (0, 0, 0))
        self.maxima[child.service] = tuple(max(a, b) for a, b in zip(before, (rss, descriptors, threads)))
