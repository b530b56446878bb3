#!/usr/bin/env python3
"""What a user would write in an afternoon: uvicorn, orjson, confluent-kafka. The contract of the gateway: the body is parsed, each alert is
a record with a key, and 200 is answered when the broker has acknowledged all of them.

Usage: webhook_server.py PORT BROKERS TOPIC WORKERS
"""

import asyncio
import os
import sys
import threading

import confluent_kafka
import orjson
import uvicorn

OK = b'{"status":"ok"}'
JSON = [(b"content-type", b"application/json")]


class Publisher:
    """One idempotent producer a process, polled by a thread of its own."""

    def __init__(self, brokers: str, topic: str):
        self.topic = topic
        self.producer = confluent_kafka.Producer(
            {
                "bootstrap.servers": brokers,
                "acks": "all",
                "enable.idempotence": True,
                "compression.type": "lz4",
                "linger.ms": 2,
                "queue.buffering.max.messages": 100_000,
                "socket.nagle.disable": True,
            }
        )
        threading.Thread(target=self._poll, daemon=True).start()

    def _poll(self):
        while True:
            self.producer.poll(0.1)

    def publish(self, records: list) -> asyncio.Future:
        """Resolves to whether all were acknowledged."""
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        # Only the polling thread touches it.
        waiting = [len(records), True]

        def delivered(error, _):
            waiting[0] -= 1
            waiting[1] &= error is None
            if waiting[0] == 0:
                loop.call_soon_threadsafe(answer.set_result, waiting[1])

        for key, value in records:
            self.producer.produce(self.topic, value, key, on_delivery=delivered)
        return answer


publisher = None


async def app(scope, receive, send):
    global publisher
    if scope["type"] != "http":
        return
    if publisher is None:
        publisher = Publisher(os.environ["PEER_BROKERS"], os.environ["PEER_TOPIC"])
    status = await take(receive)
    await send({"type": "http.response.start", "status": status, "headers": JSON})
    await send({"type": "http.response.body", "body": OK if status == 200 else b"{}"})


async def take(receive) -> int:
    body, more = b"", True
    while more:
        part = await receive()
        body, more = body + part.get("body", b""), part.get("more_body", False)
    try:
        alerts = orjson.loads(body)["alerts"]
        records = [(b"team/service=" + alert["labels"]["service"].encode(), orjson.dumps(alert)) for alert in alerts]
    except (ValueError, KeyError, TypeError):
        return 400
    try:
        return 200 if not records or await publisher.publish(records) else 503
    except BufferError:
        return 503


def main() -> None:
    port, os.environ["PEER_BROKERS"], os.environ["PEER_TOPIC"], workers = sys.argv[1:]
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    os.environ["PYTHONPATH"] = sys.path[0]
    uvicorn.run(
        "webhook_server:app",
        host="127.0.0.1",
        port=int(port),
        workers=int(workers),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="error",
        backlog=1024,
    )


if __name__ == "__main__":
    main()
