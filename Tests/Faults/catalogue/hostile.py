"""A receiver that misbehaves on the level of bytes, one way for each path."""

import contextlib
import gzip
import socket
import ssl
import struct
import threading
import time

BOMB = gzip.compress(b"\0" * (64 * 1024 * 1024), 9)


class HostileServer:
    """Each connection is served by a thread; `arrivals` counts requests by path."""

    def __init__(self, context: ssl.SSLContext | None = None):
        self.arrivals = {}
        self.sent = {}  # path -> bytes of answers that were taken off our hands
        self._context = context
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._listener.accept()[0],), daemon=True).start()

    def _serve(self, peer):
        with contextlib.suppress(OSError), peer:
            peer.settimeout(30)
            if self._context:
                peer = self._context.wrap_socket(peer, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = peer.recv(65_536)
                if not piece:
                    return
                head += piece
            path = head.split(b" ", 2)[1].decode()
            length = int(next(line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")))
            body = head.split(b"\r\n\r\n", 1)[1]
            while len(body) < length:
                body += peer.recv(65_536)
            self.arrivals[path] = self.arrivals.get(path, 0) + 1
            getattr(self, path.strip("/").replace("-", "_"))(path, peer)

    def _send(self, path, peer, data):
        self.sent[path] = self.sent.get(path, 0) + peer.send(data)

    def hang(self, path, peer):
        self._over.wait(30)

    def drip(self, path, peer):
        self._send(path, peer, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not self._over.wait(1):
            self._send(path, peer, b"x")

    def huge(self, path, peer):
        self._send(path, peer, b"HTTP/1.1 500 No\r\nContent-Length: 1073741824\r\n\r\n")
        for _ in range(1024):
            self._send(path, peer, b"x" * 1_048_576)

    def bomb(self, path, peer):
        self._send(path, peer, b"HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB))
        self._send(path, peer, BOMB)

    def garbage(self, path, peer):
        self._send(path, peer, b"HTTP/1.1 banana\r\n\xff\xfe\r\n\r\n")

    def redirect(self, path, peer):
        target = self.url + "/secret"
        self._send(path, peer, f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())

    def metadata(self, path, peer):
        self._send(
            path, peer, b"HTTP/1.1 307 Go\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n")

    def secret(self, path, peer):
        self._send(path, peer, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def torn(self, path, peer):
        self._send(path, peer, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        time.sleep(0.1)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
