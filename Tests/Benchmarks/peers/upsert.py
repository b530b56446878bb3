#!/usr/bin/env python3
"""PostgreSQL's ceiling: nothing but the upsert of so many rows a transaction, each of a new key, on one connection or several.

Usage: upsert.py DATABASE-URL ROWS-OF-A-BATCH CONNECTIONS SECONDS
Prints one JSON object: rows, seconds. The parameters are made before the clock starts.
"""

import json
import multiprocessing
import sys
import time

import psycopg
import rows


def alert(number: int) -> dict:
    service = f"service-{number % 1000}"
    return {
        "fingerprint": f"{number:016x}",
        "status": "firing",
        "startsAt": "2026-11-21T05:00:00Z",
        "labels": {"alertname": "HighErrorRate", "cluster": "eu", "instance": f"10.0.0.{number % 250}:9090", "service": service},
        "annotations": {"summary": f"{service} answers with errors", "description": "Look at the error budget. " * 12},
        "generatorURL": "http://prometheus.example.com:9090/graph?g0.expr=up",
    }


def work(place: int, database: str, size: int, seconds: float, start, results) -> None:
    batches = [
        rows.columns([alert((place << 32) + number * size + row) for row in range(size)], json.dumps) for number in range(60_000 // size)
    ]
    with psycopg.connect(database) as connection:
        start.wait()
        begun, done = time.monotonic(), 0
        for batch in batches:
            connection.execute(rows.UPSERT, batch, prepare=True)
            connection.commit()
            done += size
            if time.monotonic() - begun > seconds:
                break
        results.put((done, time.monotonic() - begun))


def main() -> None:
    database, size, connections, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    with psycopg.connect(database) as connection:
        connection.execute("DROP TABLE IF EXISTS bench_peer")
        connection.execute(rows.TABLE)
    start, results = multiprocessing.Barrier(connections), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=work, args=(place, database, size, seconds, start, results)) for place in range(connections)]
    for worker in workers:
        worker.start()
    done = [results.get(timeout=seconds + 60) for _ in workers]
    print(json.dumps({"rows": sum(rows for rows, _ in done), "seconds": max(taken for _, taken in done)}))


if __name__ == "__main__":
    main()
