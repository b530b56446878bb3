"""The fault proxy before an echo server: each fault does what it says, and stops when it is taken back."""

import socket
import threading
import time

import pytest

from harness.proxy import DOWN, UP, Proxy


class Echo:
    """Sends back what it gets, and keeps it."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.received = bytearray()
        self.pieces = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(peer,), daemon=True).start()

    def _echo(self, peer):
        with peer:
            try:
                while data := peer.recv(65_536):
                    self.received += data
                    self.pieces.append(len(data))
                    peer.sendall(data)
            except OSError:
                pass


@pytest.fixture
def echo():
    server = Echo()
    yield server
    server.listener.close()


@pytest.fixture
def proxy(echo):
    with Proxy("127.0.0.1", echo.port) as running:
        yield running


def connect(proxy):
    client = socket.create_connection(("127.0.0.1", proxy.port), timeout=10)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def read(client, count):
    data = b""
    while len(data) < count:
        piece = client.recv(count - len(data))
        if not piece:
            break
        data += piece
    return data


def ask(client, data):
    client.sendall(data)
    return read(client, len(data))


def stays_silent(client, seconds=0.3):
    client.settimeout(seconds)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(10)
    return False


def test_without_a_fault_everything_passes(proxy):
    data = bytes(range(256)) * 4096
    clients = [connect(proxy) for _ in range(20)]
    for client in clients:
        assert ask(client, b"hello") == b"hello"
    sending = threading.Thread(target=clients[0].sendall, args=(data,))
    sending.start()
    assert read(clients[0], len(data)) == data
    sending.join()
    assert proxy.accepted == proxy.connections == 20


def test_the_end_of_one_side_is_passed_on_and_the_rest_still_arrives(proxy, echo):
    client = connect(proxy)
    client.sendall(b"x" * 100_000)
    client.shutdown(socket.SHUT_WR)
    assert read(client, 100_001) == b"x" * 100_000


def test_latency_delays_and_does_not_narrow(proxy):
    client = connect(proxy)
    proxy.slow(UP, latency=0.3)
    begun = time.monotonic()
    assert ask(client, b"a") == b"a"
    assert time.monotonic() - begun >= 0.3
    # Many pieces under way at once: their delays do not add up.
    begun = time.monotonic()
    for _ in range(30):
        client.sendall(b"b")
        time.sleep(0.002)
    assert read(client, 30) == b"b" * 30
    assert time.monotonic() - begun < 30 * 0.3
    proxy.heal()
    assert ask(client, b"c") == b"c"


def test_bandwidth(proxy):
    client = connect(proxy)
    proxy.slow(DOWN, bandwidth=10_000)
    begun = time.monotonic()
    assert len(ask(client, b"x" * 5_000)) == 5_000
    assert time.monotonic() - begun >= 0.4


def test_slices(proxy, echo):
    client = connect(proxy)
    proxy.slow(UP, bandwidth=1_000, slice=1)
    assert ask(client, b"0123456789") == b"0123456789"
    assert len(echo.pieces) >= 5, "the server must see pieces, not the whole"


def test_black_hole_holds_and_gives_back(proxy):
    client = connect(proxy)
    assert ask(client, b"a") == b"a"
    proxy.black_hole()
    client.sendall(b"b")
    assert stays_silent(client)
    late = connect(proxy)
    late.sendall(b"c")
    assert stays_silent(late)
    proxy.heal()
    assert (read(client, 1), read(late, 1)) == (b"b", b"c")


def test_black_hole_of_the_answers_only(proxy, echo):
    client = connect(proxy)
    proxy.black_hole(DOWN)
    client.sendall(b"question")
    assert stays_silent(client)
    assert bytes(echo.received) == b"question"


def test_reset(proxy):
    client = connect(proxy)
    assert ask(client, b"a") == b"a"
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    assert ask(connect(proxy), b"b") == b"b"


def test_refuse_and_listen_again_on_the_same_port(proxy):
    client = connect(proxy)
    assert ask(client, b"a") == b"a"
    port = proxy.port
    proxy.refuse()
    with pytest.raises(ConnectionError):
        client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.heal()
    assert proxy.port == port
    assert ask(connect(proxy), b"b") == b"b"


@pytest.mark.parametrize("deliver", [True, False])
def test_cut_after_bytes_from_the_client(proxy, echo, deliver):
    client = connect(proxy)
    assert ask(client, b"12345") == b"12345"
    proxy.cut_after(8, UP, deliver=deliver)
    assert ask(client, b"abcde") == b"abcde"
    client.sendall(b"fghij")
    with pytest.raises(ConnectionResetError):
        while client.recv(10):
            pass
    assert bytes(echo.received) == (b"12345abcdefgh" if deliver else b"12345abcde")
    assert proxy.cuts == 1 and not proxy.cut_is_waiting
    assert ask(connect(proxy), b"once only, not again") == b"once only, not again"


def test_cut_after_bytes_of_the_answer_with_a_clean_end(proxy):
    client = connect(proxy)
    proxy.cut_after(4, DOWN, close=True)
    client.sendall(b"0123456789")
    assert read(client, 10) == b"0123"


@pytest.mark.parametrize("deliver", [True, False])
def test_cut_at_a_pattern(proxy, echo, deliver):
    client = connect(proxy)
    proxy.cut_at(b"COMMIT", UP, deliver=deliver)
    assert ask(client, b"BEGIN") == b"BEGIN"
    assert proxy.cut_is_waiting
    client.sendall(b"-COMMIT-")
    with pytest.raises(ConnectionResetError):
        while client.recv(10):
            pass
    assert (b"COMMIT" in echo.received) == deliver


def test_a_server_that_is_not_there_looks_so():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening
        with Proxy("127.0.0.1", nobody.getsockname()[1]) as proxy:
            # The reset may be faster than the return from connect.
            with pytest.raises(ConnectionResetError):
                connect(proxy).recv(1)


def test_stop_leaves_nothing(echo):
    proxy = Proxy("127.0.0.1", echo.port).start()
    client = connect(proxy)
    assert ask(client, b"a") == b"a"
    proxy.stop()
    with pytest.raises(ConnectionError):
        client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
