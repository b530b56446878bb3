"""What a quiet team notices of another team's storm."""

import contextlib
import pathlib
import time

from bench import bodies, hops, load, paced, stages
from bench.environment import wait_for
from bench.quick_sink import QuickSink

from support.stack import Team  # noqa: E402  (bench.environment makes it importable)

SECRET = "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def latency_under_storm(stack, folder: pathlib.Path, seconds: float = 10, per_second: float = 20, storm_per_second: float = 10_000) -> dict:
    """Milliseconds from the quiet team's request to the first byte of its message at its sink, each of a new incident: alone, then while
    another team sends the same twenty alerts again and again. Both teams' records share partitions and batches.

    The storm's rate comes from pauses, so it is only about what was asked for: the rate reached is in the result.
    """
    quiet, loud = Team(stack, "bench-quiet"), Team(stack, "bench-loud")
    body = folder / "storm-latency.json"
    body.write_bytes(bodies.body("bench-loud", 20, stages.just_now()))
    url = stack.gateway + stages.PATH
    with QuickSink(rb'"((?:warm|alone|storm)-\d+)"') as sink:
        quiet.channel("sink", "webhook", f"url={sink.url}/quiet", SECRET)
        time.sleep(3)  # every service re-reads keys and channels within two seconds
        measure(stack, quiet, sink, "warm-", 5, 40)
        alone = measure(stack, quiet, sink, "alone-", seconds, per_second)
        connections, length = 64, int(seconds) + 2
        pause = connections / (storm_per_second / 20) * 1e3
        storm = load.start("repeat.lua", url, connections, length, loud.ingest_key, body=body, pause_ms=pause)
        try:
            time.sleep(1)
            beside = measure(stack, quiet, sink, "storm-", seconds, per_second)
            loudness = load.result_of(storm, length)
        finally:
            storm.kill()
    reached = (loudness["requests"] - loudness["failed"]) / loudness["seconds"] * 20
    return {
        "per_second": per_second, "alone": alone, "beside_storm": beside, "storm_alerts_per_second": reached,
        "storm_refused": loudness["failed"],
    }


def measure(stack, team, sink, prefix: str, seconds: float, per_second: float) -> dict:
    requests = {
        f"{prefix}{number}": (team.ingest_key, bodies.body(f"{prefix}{number}", 1, stages.just_now()))
        for number in range(int(seconds * per_second))
    }
    sent, answered = paced.send_at_rate(stack.gateway + stages.PATH, requests, per_second)
    with contextlib.suppress(AssertionError):
        wait_for("every message arrived", lambda: all(name in sink.seen for name in sent), timeout=30, interval=0.05)
    taken = [sink.seen[name] - at for name, at in sent.items() if name in sink.seen]
    return {"sent": len(sent), "arrived": len(taken), **hops.figures(taken), "answer": hops.figures(list(answered.values()))}
