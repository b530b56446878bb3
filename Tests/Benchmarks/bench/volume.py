"""Bytes that an alert leaves behind: in the tables, in the write-ahead log, in Kafka and on the wire."""

import subprocess


def before(stack) -> dict:
    stack.rows("SELECT 1 AS n")
    row = stack.rows("SELECT pg_current_wal_insert_lsn()::text AS wal, pg_database_size(current_database()) AS size")[0]
    return {"wal": row["wal"], "size": row["size"]}


def since(stack, earlier: dict, alerts: int) -> dict:
    """Bytes an alert since `before`."""
    row = stack.rows(
        f"SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{earlier['wal']}') AS wal, pg_database_size(current_database()) AS size"
    )[0]
    return {"wal_bytes": float(row["wal"]) / alerts, "database_bytes": (row["size"] - earlier["size"]) / alerts}


def record_bytes(stack, topic: str = "tocsin.signals", records: int = 2_000) -> dict:
    """Bytes of a record of the topic as it is, key and headers with it."""
    result = subprocess.run(
        ["kcat", "-b", stack.saved["KAFKA_BROKERS"], "-t", topic, "-C", "-e", "-q", "-c", str(records), "-f", "%K %S %h\\n"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    total, count = 0, 0
    for line in result.stdout.splitlines():
        key, value, headers = (line.split(" ", 2) + [""])[:3]
        total += max(int(key), 0) + int(value) + len(headers)
        count += 1
    return {"record_bytes": total / max(count, 1)}
