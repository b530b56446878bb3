#!/usr/bin/env python3
"""Kafka to PostgreSQL in one Python process: read 500 records, upsert, commit, commit the offsets. At least once, nothing decided.

Usage: pipeline.py BROKERS TOPIC COUNT DATABASE-URL SECONDS
Prints one JSON object: alerts, seconds (from the first record to the last commit).
"""

import json
import sys
import time

import confluent_kafka
import orjson
import psycopg
import rows


def text(value: dict) -> str:
    return orjson.dumps(value).decode()


def main() -> None:
    brokers, topic, count, database, seconds = sys.argv[1:]
    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": brokers, "group.id": "bench-peer", "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    )
    known = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([confluent_kafka.TopicPartition(topic, number, confluent_kafka.OFFSET_BEGINNING) for number in known])
    handled, first, last = 0, None, None
    deadline = time.monotonic() + float(seconds)
    with psycopg.connect(database) as connection:
        connection.execute(rows.TABLE)
        connection.commit()
        while handled < int(count) and time.monotonic() < deadline:
            records = [record for record in consumer.consume(500, 0.1) if not record.error()]
            if not records:
                continue
            first = first or time.monotonic()
            connection.execute(rows.UPSERT, rows.columns([orjson.loads(record.value()) for record in records], text))
            connection.commit()
            consumer.commit(asynchronous=False)
            handled, last = handled + len(records), time.monotonic()
    consumer.close()
    print(json.dumps({"alerts": handled, "seconds": (last or 0) - (first or 0)}))


if __name__ == "__main__":
    main()
