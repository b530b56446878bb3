"""Faults of one stack: its processes, its PostgreSQL, its broker, its disks. Each is taken back by its own call or on leaving its block."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time

CRASH_EXIT_CODE = 137


class ServiceProcess:
    """One service of a stack as a process that can be killed, stopped for a while and started with other settings.

    It starts with the very environment that `deploy/local/up` gave it. `member` from 2 makes a further replica beside the first.
    """

    def __init__(self, stack, name: str, member: int = 1):
        self.stack = stack
        self.name = name
        self.member = member
        self.label = name if member == 1 else f"{name}-{member}"
        self.log_path = stack.folder / "log" / f"{self.label}.log"
        self._process = None
        self._environment = self._environment_of(stack.pid(name))
        if member > 1:
            with socket.create_server(("127.0.0.1", 0)) as free:
                self._environment["TOCSIN_ADMIN_PORT"] = str(free.getsockname()[1])

    # -- life

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else self.stack.pid(self.name)

    @property
    def is_alive(self) -> bool:
        if self._process:
            return self._process.poll() is None
        if self.member > 1:
            return False
        # Started by `up`: no child of ours.
        return os.path.exists(f"/proc/{self.pid}/exe") and not self.stack._is_zombie(self.pid)

    def start(self, wrapper=(), **settings: str) -> "ServiceProcess":
        """Starts it with these settings besides its own, for this life only. A value of None takes a setting away. `wrapper` is a
        command that runs the rest of its command line."""
        assert not self.is_alive, f"{self.label} is running"
        environment = {**self._environment, **settings}
        environment = {name: value for name, value in environment.items() if value is not None}
        self._admin_port = environment["TOCSIN_ADMIN_PORT"]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*wrapper, str(self.stack.bin / self.name)], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )
        if self.member == 1:
            (self.stack.folder / "run" / f"{self.name}.pid").write_text(f"{self._process.pid}\n")
        return self

    def restart(self, **settings: str) -> "ServiceProcess":
        """An orderly stop and a start with these settings; returns when it is ready."""
        self.stop()
        self.start(**settings)
        return self.wait_ready()

    def stop(self, patience: float = 30.0) -> None:
        """An orderly stop."""
        self._end(signal.SIGTERM, patience)

    def kill(self) -> None:
        """`kill -9`."""
        self._end(signal.SIGKILL, 10)

    def _end(self, number: int, patience: float) -> None:
        if not self.is_alive:
            return
        os.kill(self.pid, number)
        deadline = time.monotonic() + patience
        while self.is_alive:
            assert time.monotonic() < deadline, f"{self.label} does not end within {patience} s of signal {number}"
            time.sleep(0.01)

    def pause(self) -> None:
        """SIGSTOP: it is there, and does nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    @contextlib.contextmanager
    def paused(self):
        self.pause()
        try:
            yield
        finally:
            self.resume()

    # -- looking at it

    def wait_ready(self, timeout: float = 90.0) -> "ServiceProcess":
        """Until it is ready and reads its partitions: while it still waits for them a fault would hit nothing."""
        deadline = time.monotonic() + timeout
        while not self._is_ready(reading=True):
            assert self.is_alive, f"{self.label} ended: {self.log()[-800:]}"
            assert time.monotonic() < deadline, f"{self.label} is not ready within {timeout} s: {self.log()[-800:]}"
            time.sleep(0.05)
        return self

    def _is_ready(self, reading: bool = False) -> bool:
        from support.stack import request

        try:
            answer = request("GET", f"http://127.0.0.1:{self.admin_port}/ready", timeout=5)
            return answer.status == 200 and not (reading and b"waits for its partitions" in answer.body)
        except OSError:
            return False

    @property
    def admin_port(self) -> str:
        return self._admin_port if self._process else self._environment["TOCSIN_ADMIN_PORT"]

    def wait_crash_point(self, name: str, timeout: float = 60.0) -> None:
        """Waits for it to die at the crash point that it was started with."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.label} did not come by {name}: {self.log()[-800:]}") from None
        assert code == CRASH_EXIT_CODE, f"{self.label} ended with {code}: {self.log()[-800:]}"
        assert f"crash point {name} reached" in self.log()

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def metric(self, metric: str, **labels) -> float:
        """Sum of a metric's series that carry the labels; 0 where there are none."""
        from support.stack import request

        total = 0.0
        for line in request("GET", f"http://127.0.0.1:{self.admin_port}/metrics", timeout=15).body.decode().splitlines():
            if line.split("{")[0].split(" ")[0] == metric and all(f'{key}="{value}"' in line for key, value in labels.items()):
                total += float(line.rsplit(" ", 1)[1])
        return total

    @property
    def memory_bytes(self) -> int:
        """Resident now."""
        return _status_kilobytes(self.pid, "VmRSS") * 1024

    @property
    def peak_memory_bytes(self) -> int:
        """Most that was resident since its start."""
        return _status_kilobytes(self.pid, "VmHWM") * 1024

    @property
    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/task"))

    @property
    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    @staticmethod
    def _environment_of(pid: int) -> dict:
        entries = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        return dict(entry.decode().split("=", 1) for entry in entries if b"=" in entry)


class PostgresFaults:
    """The stack's own server."""

    def __init__(self, stack):
        self.stack = stack
        self.data = stack.rows_data_directory()
        self.url = stack.saved["DATABASE_URL"]
        self._pg_ctl = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1]
        self._as_owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends sessions and writes a checkpoint; `immediate` is a crash of the server."""
        self._ctl("-m", mode, "-w", "stop")

    def start(self, timeout: float = 60.0) -> None:
        """Starts it where it does not run; returns when it answers queries, its recovery over."""
        port = self.stack.environment["TOCSIN_POSTGRES_PORT"]
        log = pathlib.Path(self.data).parent / "postgres.log"
        deadline = time.monotonic() + timeout
        while not self._answers():
            assert time.monotonic() < deadline, f"PostgreSQL does not answer; see {log}"
            # Refused while it runs, and while a killed one has not been reaped.
            self._ctl("-l", str(log), "-o", f"-p {port}", "-w", "-t", "10", "start", check=False)
            time.sleep(0.1)

    def _answers(self) -> bool:
        return self.stack.run("psql", self.url, "-Atqc", "SELECT 1", check=False).returncode == 0

    @contextlib.contextmanager
    def away(self, mode: str = "fast"):
        self.stop(mode)
        try:
            yield
        finally:
            self.start()

    def kill_postmaster(self) -> None:
        """`kill -9` of the server's first process; its children notice and end."""
        pid = int((pathlib.Path(self.data) / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while _children_of_cluster(self.data):
            assert time.monotonic() < deadline, "PostgreSQL's processes do not end"
            time.sleep(0.05)

    def kill_a_backend(self, application: str) -> None:
        """`kill -9` of a session's process: the server ends all sessions and recovers, as after a crash."""
        pid = self.stack.rows(f"SELECT pid FROM pg_stat_activity WHERE application_name LIKE '{application}%' LIMIT 1")[0]["pid"]
        os.kill(pid, signal.SIGKILL)

    def execute(self, sql: str) -> None:
        self.stack.run("psql", self.url, "-v", "ON_ERROR_STOP=1", "-Atqc", sql)

    def terminate(self, where: str) -> int:
        """Ends the sessions that match; returns how many."""
        return len(self.stack.rows(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND ({where})"))

    @contextlib.contextmanager
    def locked(self, table: str, mode: str = "ACCESS EXCLUSIVE"):
        """Holds a lock on a table until the block is left."""
        session = subprocess.Popen(
            ["psql", self.url, "-Atq", "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            session.stdin.write(f"BEGIN; LOCK TABLE {table} IN {mode} MODE; SELECT 'locked';\n")
            session.stdin.flush()
            assert session.stdout.readline().strip() == "locked"
            yield
        finally:
            session.stdin.close()
            session.wait(20)

    @contextlib.contextmanager
    def read_only(self):
        """Every new transaction that writes is refused."""
        self._set("default_transaction_read_only", "on")
        try:
            yield
        finally:
            self._set("default_transaction_read_only", None)

    @contextlib.contextmanager
    def connection_limit(self, role: str, count: int):
        """Only so many sessions of a role at once; those there are ended, so that it counts from now on."""
        self.execute(f"ALTER ROLE {role} CONNECTION LIMIT {count}")
        try:
            yield
        finally:
            self.execute(f"ALTER ROLE {role} CONNECTION LIMIT -1")

    def _set(self, name: str, value: str | None) -> None:
        statement = f"ALTER SYSTEM RESET {name}" if value is None else f"ALTER SYSTEM SET {name} = {value}"
        # Neither belongs in a transaction, and each may be refused by the very setting.
        for sql in (statement, "SELECT pg_reload_conf()"):
            self.stack.run("psql", self.url, "-Atqc", sql, PGOPTIONS="-c default_transaction_read_only=off")

    def _ctl(self, *arguments: str, check=True) -> int:
        # No pipe: the server inherits it and would keep it open.
        command = [*self._as_owner, str(self._pg_ctl), "-D", self.data, *arguments]
        code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd="/").returncode
        assert code == 0 or not check, f"pg_ctl {' '.join(arguments)} -> {code}"
        return code


class BrokerFaults:
    """The dev broker: what its control socket offers, and a hang."""

    def __init__(self, stack):
        self.stack = stack

    def __call__(self, command: str) -> str:
        """One command, as `dev-broker --help` lists them."""
        return self.stack.broker(command)

    @contextlib.contextmanager
    def away(self):
        self("down")
        try:
            yield
        finally:
            self("up")

    @contextlib.contextmanager
    def hanging(self):
        """It accepts connections (the kernel does) and never answers."""
        pid = self.stack.pid("dev-broker")
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def slow(self, milliseconds: int):
        self(f"rtt {milliseconds}")
        try:
            yield
        finally:
            self("rtt 0")


class SmallDisk:
    """A file system of a few megabytes, to be filled up. Needs the right to mount."""

    def __init__(self, folder: pathlib.Path, megabytes: int):
        self.folder = folder
        self.megabytes = megabytes

    @staticmethod
    def is_permitted() -> bool:
        """Whether this process may mount."""
        if os.getuid() != 0 or not shutil.which("mount"):
            return False
        folder = pathlib.Path(f"/tmp/mount-try-{os.getpid()}")
        folder.mkdir(exist_ok=True)
        try:
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True).returncode != 0:
                return False
            subprocess.run(["umount", str(folder)], check=True)
            return True
        finally:
            folder.rmdir()

    def mount(self, owner: str | None = None) -> "SmallDisk":
        self.folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.megabytes}m", "tmpfs", str(self.folder)], check=True)
        if owner:
            shutil.chown(self.folder, owner, owner)
        return self

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def fill(self) -> None:
        """No byte is free when this returns."""
        with (self.folder / "filler").open("ab", buffering=0) as filler:
            for size in (65_536, 4096, 1):
                with contextlib.suppress(OSError):
                    while filler.write(b"x" * size):
                        pass

    def free(self) -> None:
        (self.folder / "filler").unlink(missing_ok=True)


def shifted_clock(folder: pathlib.Path, seconds: int) -> dict:
    """Settings under which a process's wall clock is so many seconds off."""
    library = folder / "shifted_clock.so"
    if not library.exists():
        source = pathlib.Path(__file__).with_name("shifted_clock.c")
        # The Swift toolchain brings a clang.
        compiler = shutil.which("cc") or shutil.which("clang")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "SHIFTED_CLOCK_SECONDS": str(seconds)}


class Watch(threading.Thread):
    """Samples something until the block is left: `maximum` is the most that was seen."""

    def __init__(self, sample, interval: float = 0.2):
        super().__init__(daemon=True)
        self.maximum = 0
        self._sample = sample
        self._interval = interval
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(self._interval):
            with contextlib.suppress(OSError):
                self.maximum = max(self.maximum, self._sample())

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        self.join(10)


def _status_kilobytes(pid: int, name: str) -> int:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise OSError(f"no {name} of {pid}")


def _children_of_cluster(data: str) -> list:
    """Processes that work in a cluster's data folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(entry / "cwd") == str(pathlib.Path(data).resolve()):
                    found.append(int(entry.name))
    return found
