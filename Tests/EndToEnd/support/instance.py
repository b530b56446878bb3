"""A process of one service beside or in place of the stack's own, of any build."""

import contextlib
import pathlib
import signal
import subprocess
import threading

from .stack import ROOT, Stack, request, wait_for


def environment_of(pid: int) -> dict:
    """What a living process was told."""
    entries = pathlib.Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)


def spawn(program: pathlib.Path, environment: dict, log: pathlib.Path) -> subprocess.Popen:
    """Starts a program in a session of its own; it leaves no zombie."""
    with log.open("a") as output:
        process = subprocess.Popen(
            [str(program)], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    threading.Thread(target=process.wait, daemon=True).start()
    return process


def end(stack: Stack, name: str, number: int = signal.SIGTERM) -> dict:
    """Ends a service of the stack; returns what it takes to `begin` it again."""
    environment = environment_of(stack.pid(name))
    stack.kill(name, number)
    return environment


def begin(stack: Stack, name: str, environment: dict) -> None:
    """Starts a service of the stack again, at once, as a supervisor would."""
    process = spawn(stack.bin / name, environment, stack.folder / "log" / f"{name}.log")
    (stack.folder / "run" / f"{name}.pid").write_text(str(process.pid))


def wait_ready(stack: Stack, name: str) -> None:
    def ready():
        with contextlib.suppress(OSError):
            return stack.admin(name, "/ready").status == 200

    wait_for(f"{name} is ready", ready, timeout=60, interval=0.01)


class Instance:
    """One more instance of a service, with ports of its own and everything else as the stack's instance has it."""

    def __init__(self, stack: Stack, name: str, programs: pathlib.Path, label: str, public: int):
        """Takes the ports `public` and the one after it."""
        self.name = name
        self.program = programs / name
        self.log = stack.folder / "log" / f"{label}-{name}.log"
        self.admin = f"http://127.0.0.1:{public + 1}"
        self.url = f"http://127.0.0.1:{public}"
        ports = {"TOCSIN_GATEWAY_PORT": str(public), "TOCSIN_CONSOLE_PORT": str(public), "TOCSIN_ADMIN_PORT": str(public + 1)}
        self.environment = environment_of(stack.pid(name)) | ports
        self.process = None

    def start(self) -> None:
        self.process = spawn(self.program, self.environment, self.log)

    def is_ready(self) -> bool:
        assert self.process.poll() is None, f"{self.log.stem} ended: {self.log.read_text()[-600:]}"
        with contextlib.suppress(OSError):
            return request("GET", f"{self.admin}/ready").status == 200
        return False

    def wait_ready(self) -> None:
        wait_for(f"{self.log.stem} is ready", self.is_ready, timeout=60, interval=0.05)

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(40)
