"""The stack that is measured: the end-to-end tests' own, built for release, with the gateway's rate limit of a key out of the way."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))
os.environ.setdefault("TOCSIN_BUILD", "release")

from support.stack import SERVICES, Stack, free_port_block, request, wait_for  # noqa: E402

# Only what keeps one sender from being measured; everything that makes an alert durable is as it comes.
SETTINGS = {
    "TOCSIN_GATEWAY_KEY_RATE_PER_S": "1000000", "TOCSIN_GATEWAY_KEY_BURST": "10000000", "TOCSIN_GATEWAY_TEAM_RATE_PER_S": "1000000",
    "TOCSIN_GATEWAY_TEAM_BURST": "10000000", "TOCSIN_DOCS_DELAY_SECONDS": "300",
}


@contextlib.contextmanager
def running_stack(**settings: str):
    """A stack in a folder of its own; gone afterwards, whatever happens. `settings` lie over those of every measurement."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    folder.chmod(0o755)
    stack = Stack(folder)
    stack.environment.update(SETTINGS | settings)
    try:
        stack.up()
        yield stack
    finally:
        started = pids(stack) if stack.saved else {}
        stack.down()
        for pid in started.values():
            end_leftover(pid, folder)
        shutil.rmtree(folder, ignore_errors=True)


def end_leftover(pid: int, folder: pathlib.Path) -> None:
    """Kills a process of this stack that `down` left; a pid that meanwhile belongs to another is left alone."""
    with contextlib.suppress(OSError):
        if f"TOCSIN_LOCAL_DIR={folder}".encode() in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            print(f"killing pid {pid}, which deploy/local/down left", file=sys.stderr)
            os.kill(pid, signal.SIGKILL)


def pids(stack: Stack) -> dict:
    """Every process of the stack that runs on this machine, by name."""
    found = {name: stack.pid(name) for name in SERVICES if (stack.folder / "run" / f"{name}.pid").exists()}
    if (stack.folder / "run" / "dev-broker.pid").exists():
        found["dev-broker"] = stack.pid("dev-broker")
    with contextlib.suppress(OSError, ValueError, AssertionError):
        found["postgres"] = int((pathlib.Path(stack.rows_data_directory()) / "postmaster.pid").read_text().split()[0])
    return found


def stop_service(stack: Stack, name: str) -> None:
    stack.kill(name, signal.SIGTERM)
    (stack.folder / "run" / f"{name}.pid").unlink()


def start_to_ready(stack: Stack, name: str) -> float:
    """Stops a service, starts it as it was, and returns the seconds from there to its first 200 at /ready."""
    pid = stack.pid(name)
    environment = dict(
        entry.split("=", 1) for entry in pathlib.Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in entry
    )
    stack.kill(name, signal.SIGTERM)
    with (stack.folder / "log" / f"{name}.log").open("a") as log:
        begun = time.monotonic()
        process = subprocess.Popen(
            [str(stack.bin / name)], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    # Without a reaper the process would stay a zombie after `down` has stopped it.
    threading.Thread(target=process.wait, daemon=True).start()
    (stack.folder / "run" / f"{name}.pid").write_text(str(process.pid))

    def ready():
        with contextlib.suppress(OSError):
            return stack.admin(name, "/ready").status == 200

    wait_for(f"{name} is ready", ready, timeout=60, interval=0.005)
    return time.monotonic() - begun
