"""The gateway at saturation and at half of it, its peers in turn with it."""

import statistics

from bench import bodies, load, peers
from bench.environment import SERVICES, pids, stop_service
from bench.processes import Watch


def only_gateway(stack) -> None:
    """Stops the consumers, so that the machine belongs to the gateway, the broker and wrk, as it does to a peer and wrk."""
    for name in SERVICES:
        if name != "ingest-gateway" and name in pids(stack):
            stop_service(stack, name)


def measure(stack, folder, programs, starts: str, connections: int, seconds: int, rounds: int) -> list:
    """For a body of one alert and of twenty: requests/s and percentiles of each server, medians of the rounds.

    Each round has all of them in turn, so that what else the machine does hits them alike."""
    only_gateway(stack)
    results = []
    with peers.servers(stack, programs, starts) as servers:
        for count in bodies.SIZES:
            results.append(one_size(stack, folder, servers, count, starts, connections, seconds, rounds))
    return results


def one_size(stack, folder, servers: list, count: int, starts: str, connections: int, seconds: int, rounds: int) -> dict:
    key, url = stack.saved["TOCSIN_INGEST_KEY"], stack.gateway + peers.PATH
    file = folder / f"body-{count}.json"
    file.write_bytes(bodies.body("bench-flood", count, starts))
    targets = {"gateway": (url, file)}
    for number, peer in enumerate(servers):
        own = folder / f"body-{count}-{number}.json"
        own.write_bytes(peer.body(count, starts))
        targets[peer.name] = (peer.url, own)
    for address, body in targets.values():
        load.flood(address, body, connections, 1, key)
    with Watch(pids(stack)) as watch:
        taken = {name: [] for name in targets}
        used = []
        for _ in range(rounds):
            for name, (address, body) in targets.items():
                with Watch(pids(stack)) as one:
                    taken[name].append(load.flood(address, body, connections, seconds, key))
                if name == "gateway":
                    used.append(one.processor)
        full = middle(taken["gateway"])
        pause = max(0.0, 2e3 * connections / full["per_second"] - full["p50_ms"] / 4)
        half = middle([load.flood(url, file, connections, seconds, key, pause_ms=pause) for _ in range(rounds)])
    requests = sum(one["requests"] for one in taken["gateway"])
    others = {name: middle(runs) for name, runs in taken.items() if name != "gateway"}
    return {
        "alerts": count,
        "body_bytes": file.stat().st_size,
        "full": full,
        "half": half,
        "peers": others,
        "ratios": {name: median_ratio(taken["gateway"], taken[name]) for name in others},
        "rounds": rounds,
        "spread": [min(one["per_second"] for one in taken["gateway"]), max(one["per_second"] for one in taken["gateway"])],
        "peak_mb": watch.peak_mb,
        "processor_us": {name: sum(one.get(name, 0) for one in used) / requests * 1e6 for name in used[0]},
    }


def middle(runs: list) -> dict:
    """The run with the median rate."""
    return sorted(runs, key=lambda run: run["per_second"])[len(runs) // 2]


def median_ratio(ours: list, theirs: list) -> float:
    """Of the ratios within each round."""
    return statistics.median(one["per_second"] / max(other["per_second"], 1e-9) for one, other in zip(ours, theirs, strict=True))
