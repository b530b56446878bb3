"""HTTP load by Debian's wrk, bounded in time, its figures as a dictionary."""

import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def wrk(script: str, url: str, connections: int, seconds: int, key: str, **settings) -> dict:
    environment = {**os.environ, "BENCH_KEY": key, **{f"BENCH_{name.upper()}": str(value) for name, value in settings.items()}}
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / script), url]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds + 30)
    for line in result.stdout.splitlines():
        if line.startswith("RESULT "):
            return json.loads(line.removeprefix("RESULT "))
    raise RuntimeError(f"wrk gave no result: {result.stdout[-500:]} {result.stderr[-500:]}")


def flood(url: str, body: pathlib.Path, connections: int, seconds: int, key: str, pause_ms: float = 0) -> dict:
    """One body again and again at full speed, or with a pause of each connection between its requests."""
    result = wrk("repeat.lua", url, connections, seconds, key, body=body, pause_ms=pause_ms)
    result["per_second"] = (result["requests"] - result["failed"]) / result["seconds"]
    return result


def send_once(url: str, bodies: pathlib.Path, count: int, connections: int, seconds: int, key: str) -> dict:
    """`count` bodies, each once; `first` and `last` are the times (since 1970) of the first request and of the last answer."""
    return wrk("once.lua", url, connections, seconds, key, bodies=bodies, count=count)
