"""HTTP load by Debian's wrk, bounded in time, its figures as a dictionary."""

import json
import os
import pathlib
import signal
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def start(script: str, url: str, connections: int, seconds: int, key: str, **settings) -> subprocess.Popen:
    environment = {**os.environ, "BENCH_KEY": key, **{f"BENCH_{name.upper()}": str(value) for name, value in settings.items()}}
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / script), url]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def result_of(process: subprocess.Popen, seconds: int) -> dict:
    try:
        output, _ = process.communicate(timeout=seconds + 30)
    finally:
        process.kill()
    for line in output.splitlines():
        if line.startswith("RESULT "):
            return json.loads(line.removeprefix("RESULT "))
    raise RuntimeError(f"wrk gave no result: {output[-500:]}")


def flood(url: str, body: pathlib.Path, connections: int, seconds: int, key: str, pause_ms: float = 0) -> dict:
    """One body again and again at full speed, or with a pause of each connection between its requests."""
    result = result_of(start("repeat.lua", url, connections, seconds, key, body=body, pause_ms=pause_ms), seconds)
    result["per_second"] = (result["requests"] - result["failed"]) / result["seconds"]
    return result


def send_once(url: str, bodies: pathlib.Path, count: int, connections: int, seconds: int, key: str, until, **settings) -> tuple:
    """Sends `count` bodies, each once, while `until()` waits for their effect; returns wrk's result and that of `until`.

    In the result `first` and `last` are the times (since 1970) of the first request and of the last answer.
    """
    process = start("once.lua", url, connections, seconds, key, bodies=bodies, count=count, **settings)
    try:
        waited = until()
        # wrk sleeps through its whole duration even when its thread is done; an interrupt makes it print and end.
        process.send_signal(signal.SIGINT)
        return result_of(process, seconds), waited
    finally:
        process.kill()
