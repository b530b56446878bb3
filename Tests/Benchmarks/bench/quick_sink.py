"""A webhook sink in a process of its own that notes when the first byte of each message arrived, and answers 200 at once.

The sink of the end-to-end tests keeps everything and shares its process with the sender: too slow for times below ten milliseconds.
"""

import asyncio
import contextlib
import multiprocessing
import re
import threading
import time

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Arrivals(asyncio.Protocol):
    """One connection: requests one after the other, none of them pipelined."""

    def __init__(self, pattern, pipe):
        self.pattern, self.pipe = pattern, pipe
        self.transport, self.begun, self.taken = None, 0.0, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if not self.taken:
            self.begun = time.time()
        self.taken += data
        head, found, body = self.taken.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not found or len(body) < int(length[1] if length else 0):
            return
        self.transport.write(ANSWER)
        match = self.pattern.search(body)
        self.pipe.send((match[1].decode() if match else None, self.begun))
        self.taken = b""


def serve(pattern, pipe):
    async def run():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Arrivals(pattern, pipe), "127.0.0.1", 0, backlog=512)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


class QuickSink:
    """`seen` maps what the pattern's first group matched in a body to the time (since 1970) of that message's first byte."""

    def __init__(self, pattern: bytes):
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=serve, args=(re.compile(pattern), theirs), daemon=True)
        # Always reading: a full pipe would hold the sink up.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self.seen = {}

    def __enter__(self):
        self._process.start()
        self.url = f"http://127.0.0.1:{self._pipe.recv()}"
        self._reader.start()
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.join(5)

    def _read(self):
        with contextlib.suppress(EOFError, OSError):
            while True:
                name, at = self._pipe.recv()
                self.seen.setdefault(name, at)
