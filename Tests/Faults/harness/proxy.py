"""A TCP proxy with faults, to stand between a service and PostgreSQL, a broker's bootstrap address or a receiver.

    with Proxy("127.0.0.1", 5432) as proxy:      # proxy.port is where the client connects
        proxy.slow(latency=0.2, bandwidth=10_000)
        proxy.cut_at(b"COMMIT", UP)              # the statement arrives, its answer does not
        proxy.heal()

Every fault can be set and taken back while connections are open, from any thread; it holds when the call returns. Faults have a
direction: `UP` is from the client to the server, `DOWN` the answers, None both.
"""

import asyncio
import dataclasses
import socket
import struct
import threading

UP = "up"
DOWN = "down"
CHUNK_BYTES = 16_384
MAX_CHUNKS = 64  # held back for one direction of one connection; then the sender feels it


@dataclasses.dataclass
class Cut:
    """Ends a connection in the middle: once, and then it is used up."""

    after_bytes: int | None = None  # of this direction, over all connections, from now on
    at: bytes | None = None  # or at the first piece of data with these bytes in it
    deliver: bool = True  # whether the data up to the cut (with `at`: the whole piece) still arrives
    close: bool = False  # a clean end instead of a reset


@dataclasses.dataclass
class Faults:
    """What is wrong with one direction."""

    latency: float = 0.0  # seconds that every piece of data is late
    bandwidth: int | None = None  # bytes a second, for each connection
    slice: int | None = None  # bytes of one write; every write is a packet of its own
    cut: Cut | None = None


class Proxy:
    """Listens on 127.0.0.1 in a thread of its own. Use as a context manager, or `start` and `stop`; port 0 takes a free one."""

    def __init__(self, host: str, port: int, listen_port: int = 0):
        self.target = (host, port)
        self.port = listen_port
        self.accepted = 0  # connections since the start
        self.cuts = 0  # connections that a `Cut` ended
        self._faults = {UP: Faults(), DOWN: Faults()}
        self._connections: set[_Connection] = set()
        self._listener = None
        self._accepting = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy to {host}:{port}", daemon=True)

    # -- life

    def start(self) -> "Proxy":
        self._thread.start()
        self._flowing = {UP: asyncio.Event(), DOWN: asyncio.Event()}
        self._do(lambda: [event.set() for event in self._flowing.values()])
        self._do(self._listen)
        return self

    def stop(self) -> None:
        """Nothing listens and no connection is open when this returns."""
        self._do(self._stop_listening)
        self._do(self._reset_all)
        asyncio.run_coroutine_threadsafe(self._wait_for_connections(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def __enter__(self) -> "Proxy":
        return self.start()

    def __exit__(self, *_) -> None:
        self.stop()

    @property
    def connections(self) -> int:
        """Open now."""
        return len(self._connections)

    # -- faults

    def slow(self, direction=None, latency: float = 0.0, bandwidth: int | None = None, slice: int | None = None) -> None:
        """Makes a direction late, narrow or sliced; what is not given is as without a fault."""
        for one in _directions(direction):
            self._do(lambda one=one: self._set(one, latency=latency, bandwidth=bandwidth, slice=slice))

    def black_hole(self, direction=None) -> None:
        """Connections stay open and new ones are taken, and no byte passes. What was held back passes after `heal`, as after a broken
        cable that is mended in time."""
        for one in _directions(direction):
            self._do(self._flowing[one].clear)

    def reset(self) -> None:
        """Resets every open connection, on both sides."""
        self._do(self._reset_all)

    def refuse(self) -> None:
        """Nobody listens any more, as if the server's process were dead: open connections are reset, new ones refused."""
        self._do(self._stop_listening)
        self._do(self._reset_all)

    def cut_after(self, count: int, direction: str, deliver: bool = True, close: bool = False) -> None:
        """Ends the connection on which the next `count` bytes of the direction are full; `deliver`: whether these still arrive."""
        self._do(lambda: self._set(direction, cut=Cut(after_bytes=count, deliver=deliver, close=close)))

    def cut_at(self, pattern: bytes, direction: str, deliver: bool = True, close: bool = False) -> None:
        """Ends the connection at the next piece of data with `pattern` in it; `deliver`: whether that piece still arrives. A pattern
        that the sender spreads over two packets is missed."""
        self._do(lambda: self._set(direction, cut=Cut(at=pattern, deliver=deliver, close=close)))

    @property
    def cut_is_waiting(self) -> bool:
        """Whether a cut was asked for and has not happened."""
        return any(faults.cut for faults in self._faults.values())

    def heal(self) -> None:
        """No fault is left. Connections that a fault ended stay ended."""

        def back():
            for direction in (UP, DOWN):
                self._faults[direction] = Faults()
                self._flowing[direction].set()
            if self._listener is None:
                self._listen()

        self._do(back)

    # -- inside, in the proxy's own thread

    def _do(self, action) -> None:
        """Runs `action` in the proxy's thread, and raises here what it raises there."""

        async def run():
            action()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    def _set(self, direction: str, **values) -> None:
        self._faults[direction] = dataclasses.replace(self._faults[direction], **values)

    def _listen(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(512)
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._accepting = self._loop.create_task(self._accept(listener))

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._accepting.cancel()
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    async def _accept(self, listener) -> None:
        while True:
            client, _ = await self._loop.sock_accept(listener)
            self.accepted += 1
            connection = _Connection(self, client)
            self._connections.add(connection)
            connection.task = self._loop.create_task(connection.run())

    def _reset_all(self) -> None:
        for connection in list(self._connections):
            connection.end(reset=True)

    async def _wait_for_connections(self) -> None:
        while self._connections:
            await asyncio.sleep(0.005)
        # Their pipes have been told to end; the loop must not close before they have.
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


class _Connection:
    """A client, its server, and a pipe for each direction."""

    def __init__(self, proxy: Proxy, client: socket.socket):
        self.proxy = proxy
        self.loop = proxy._loop
        self.client = client
        self.server = None
        self.is_ended = False
        self.task = None

    async def run(self) -> None:
        pipes = []
        try:
            await self.proxy._flowing[UP].wait()
            self.server = socket.socket()
            for side in (self.client, self.server):
                side.setblocking(False)
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self.loop.sock_connect(self.server, self.proxy.target)
            for direction, source, target in ((UP, self.client, self.server), (DOWN, self.server, self.client)):
                pipes.append(self.loop.create_task(self._pipe(direction, source, target)))
            await asyncio.gather(*pipes)
            self.end(reset=False)
        except (OSError, asyncio.CancelledError):
            self.end(reset=True)
        finally:
            # One that failed does not end the other, whose socket is closed and will never wake it.
            for pipe in pipes:
                pipe.cancel()
            self.proxy._connections.discard(self)

    def end(self, reset: bool) -> None:
        """Closes both sides; with `reset` so that they see an error rather than an end."""
        if self.is_ended:
            return
        self.is_ended = True
        for side in (self.client, self.server):
            if side is None:
                continue
            if reset:
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.loop.remove_reader(side)
            self.loop.remove_writer(side)
            side.close()
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()

    async def _pipe(self, direction: str, source, target) -> None:
        """What `source` sends arrives at `target`, with the direction's faults of the moment."""
        held: asyncio.Queue = asyncio.Queue(MAX_CHUNKS)
        reading = self.loop.create_task(self._read(direction, source, held))
        try:
            while True:
                due, data = await held.get()
                await asyncio.sleep(max(0.0, due - self.loop.time()))
                await self.proxy._flowing[direction].wait()
                if isinstance(data, OSError):
                    raise data
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                await self._write(direction, target, data)
        finally:
            reading.cancel()

    async def _read(self, direction: str, source, held: asyncio.Queue) -> None:
        data = b"-"
        while data:
            try:
                data = await self.loop.sock_recv(source, CHUNK_BYTES)
            except OSError as error:
                # Handed to the writer, so that what was read before still arrives before the reset.
                await held.put((0.0, error))
                return
            await held.put((self.loop.time() + self.proxy._faults[direction].latency, data))

    async def _write(self, direction: str, target, data: bytes) -> None:
        if (cut := self.proxy._faults[direction].cut) is not None:
            passing = self._up_to_cut(cut, data)
            if passing is not None:
                self.proxy._set(direction, cut=None)
                if cut.deliver:
                    await self._send(direction, target, passing)
                    # The peer must be able to read it: a reset throws away what has not been read yet.
                    await asyncio.sleep(0.05)
                self.proxy.cuts += 1
                self.end(reset=not cut.close)
                raise asyncio.CancelledError
        await self._send(direction, target, data)

    @staticmethod
    def _up_to_cut(cut: Cut, data: bytes) -> bytes | None:
        """What of `data` is before the cut; None when the cut is not in it."""
        if cut.at is not None:
            return data if cut.at in data else None
        if len(data) < cut.after_bytes:
            cut.after_bytes -= len(data)
            return None
        return data[: cut.after_bytes]

    async def _send(self, direction: str, target, data: bytes) -> None:
        while data:
            faults = self.proxy._faults[direction]
            size = min(len(data), faults.slice or CHUNK_BYTES, max(1, (faults.bandwidth or CHUNK_BYTES * 20) // 20))
            await self.loop.sock_sendall(target, data[:size])
            data = data[size:]
            if faults.bandwidth:
                await asyncio.sleep(size / faults.bandwidth)
            elif faults.slice:
                await asyncio.sleep(0)
            await self.proxy._flowing[direction].wait()


def _directions(direction) -> tuple:
    return (UP, DOWN) if direction is None else (direction,)
