"""Slow clients, floods, bombs and smuggled requests against the real services, from the outside (docs/operations.md, "Bounds").

Times are compared with a run of the same requests on the same machine a moment before, never with a number of seconds.
"""

import gzip
import http.client
import json
import socket
import threading
import time

from bad_input_table import smuggling_rows
from support.raw import (
    Extra,
    SlowSockets,
    admin_port,
    allow_files,
    exchange,
    latencies,
    metric,
    open_files,
    p99,
    resident_bytes,
)
from support.stack import SERVICES, alert, request, wait_for, webhook

MIB = 1 << 20


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def error_of(answer) -> dict:
    """The body of a refusal: JSON that says what is wrong."""
    body = json.loads(answer.body)
    assert body["error"] and body["code"], body
    return body


# -- S16, S18: bombs


def bombs() -> list:
    """Name, body, statuses that are right, and what the answer must name."""
    start = b'{"version":"4","alerts":['
    one = json.dumps(alert("bomb")).encode()

    def labelled(value: bytes) -> bytes:
        return one.replace(b'"i-1"', value)

    def wrapped(inner: bytes) -> bytes:
        return start + inner + b"]}"

    many_keys = b",".join(b'"k%x":1' % number for number in range(300_000))
    million_keys = b",".join(b'"%x":1' % number for number in range(1_000_000))
    colliding = b",".join(b'"%s%s":""' % (bytes(f"{n:012b}", "ascii").replace(b"0", b"Aa").replace(b"1", b"BB"), b"z") for n in range(900))
    return [
        ("100,000 [", b"[" * 100_000, {400, 413}, "body"),
        ("100,000 [ and ]", b"[" * 100_000 + b"]" * 100_000, {413}, "TOCSIN_GATEWAY_MAX_DEPTH"),
        ('100,000 {"a":', wrapped(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), {413}, "TOCSIN_GATEWAY_MAX_DEPTH"),
        ("a number of 10 MB", wrapped(b"1" * (10 * 1000 * 1000)), {413}, "TOCSIN_GATEWAY_MAX_BODY_BYTES"),
        ("a number of 4 MB", wrapped(b"1" * (4 * 1000 * 1000)), {400}, "number"),
        ("a fraction of 4 MB", wrapped(b"0." + b"1" * (4 * 1000 * 1000)), {400}, "alerts"),
        ("1e999999", wrapped(labelled(b"1e999999")), {400}, "number"),
        ("a key twice", wrapped(one.replace(b'"status"', b'"status": "firing", "status"', 1)), {400}, "is there twice"),
        ("half a surrogate pair", wrapped(labelled(b'"\\ud800"')), {400}, "UTF-8"),
        ("the other half", wrapped(labelled(b'"\\udc00x"')), {400}, "UTF-8"),
        ("1,000,000 keys", b"{" + million_keys + b"}", {413}, "TOCSIN_GATEWAY_MAX_BODY_BYTES"),
        ("300,000 keys", b"{" + many_keys + b"}", {413}, "1000 keys"),
        ("900 keys of one hash", wrapped(one.replace(b'"labels": {', b'"labels": {' + colliding + b",", 1)), {413}, "TOCSIN_GATEWAY_MAX_LABELS"),
        ("a string over 64 KiB", wrapped(labelled(b'"' + b"x" * 70_000 + b'"')), {413}, "65536"),
        ("a label over 4 KiB", wrapped(labelled(b'"' + b"x" * 5000 + b'"')), {413}, "TOCSIN_GATEWAY_MAX_LABEL_VALUE_BYTES"),
        ("1,001 alerts", wrapped(b",".join([b"{}"] * 1001)), {413}, "TOCSIN_GATEWAY_MAX_ALERTS"),
        ("a body of one escape", wrapped(labelled(b'"' + b"\\u0041" * 800_000 + b'"')), {413}, "65536"),
    ]


def test_limits_bombs_are_refused_by_name_in_bounded_memory(stack, team):
    """S16: each names the limit or field; all of them together leave the gateway no larger than its bound for bodies."""
    stack.wait_ready()
    topic = stack.topic_ends("tocsin.signals")
    pid = stack.pid("ingest-gateway")
    before, most, wrong = resident_bytes(pid), 0, []
    rows = bombs()
    for _ in range(3):
        for name, body, statuses, named in rows:
            answer = team.post("/api/webhooks/alertmanager", body, timeout=30)
            most = max(most, resident_bytes(pid))
            if answer.status not in statuses or named not in error_of(answer)["error"] + str(error_of(answer).get("field")):
                wrong.append((name, answer))
    assert not wrong, "\n".join(map(repr, wrong))
    # The same at once, by ten senders: bodies are bounded together.
    threads = [
        threading.Thread(target=lambda row=row: team.post("/api/webhooks/alertmanager", row[1], timeout=60)) for row in rows[:10]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
        most = max(most, resident_bytes(pid))
    print(f"bombs: gateway {before / MIB:.0f} MiB before, at most {most / MIB:.0f} MiB")
    assert most - before < 160 * MIB
    assert stack.topic_ends("tocsin.signals") == topic


def test_limits_compressed_bodies_are_refused_unopened(stack, team):
    """S18: 415 with a sentence, on the gateway and on the console, and the bomb is not unpacked."""
    stack.wait_ready()
    bomb = gzip.compress(b"[" * (1 << 30 >> 1), 9)
    for name, pid, send in [
        ("gateway", stack.pid("ingest-gateway"), lambda headers: team.post("/api/webhooks/alertmanager", bomb, headers=headers)),
        (
            "console",
            stack.pid("console"),
            lambda headers: request(
                "POST",
                stack.console + "/api/incidents/1/resolve",
                bomb[:60_000],
                {"Authorization": f"Bearer {team.api_key}", **headers},
            ),
        ),
    ]:
        before = resident_bytes(pid)
        for encoding in ("gzip", "GZIP", "deflate", "br", "zstd", "gzip, gzip", "x-gzip"):
            answer = send({"Content-Encoding": encoding})
            assert answer.status == 415, (name, encoding, answer)
            assert error_of(answer)["field"] == "Content-Encoding"
        grown = resident_bytes(pid) - before
        print(f"gzip: {name} grew by {grown / MIB:.1f} MiB for a bomb of {len(bomb) / MIB:.1f} MiB that holds 512 MiB")
        assert grown < 32 * MIB


# -- S19: smuggling


def test_limits_nothing_is_smuggled(stack, team):
    """S19: every malformed request is answered 4xx or 5xx as JSON and ends its connection; what stands behind it is never taken."""
    stack.wait_ready()
    ports = {
        "gateway": port_of(stack.gateway),
        "console": port_of(stack.console),
        "admin": admin_port(stack, "alert-grouper"),
    }
    before = stack.topic_ends("tocsin.signals")
    wrong = []
    for server, port in ports.items():
        for name, data in smuggling_rows(team.ingest_key):
            answer = exchange(port, data)
            statuses = answer.statuses
            if not answer.is_closed or len(statuses) > 1 or any(status < 400 or status == 500 for status in statuses):
                wrong.append((server, name, answer))
            elif statuses and not (server == "admin" and statuses == [404]):
                # The admin port has no POST at all, and says so before it has read the body.
                assert error_of(answer)
    assert not wrong, "\n".join(map(repr, wrong))
    assert stack.topic_ends("tocsin.signals") == before
    # What is allowed stays allowed: the absolute form, HTTP/1.0, two requests behind each other, chunks.
    key = team.ingest_key.encode()
    head = b"Authorization: Bearer " + key + b"\r\nContent-Type: application/json\r\n"
    one = b'{"title":"allowed"}'
    path = b"/api/webhooks/generic"
    length = b"Content-Length: %d\r\n" % len(one)
    good = [
        b"POST http://gateway.example" + path + b" HTTP/1.1\r\nHost: g\r\nConnection: close\r\n" + head + length + b"\r\n" + one,
        b"POST " + path + b" HTTP/1.0\r\nConnection: close\r\n" + head + length + b"\r\n" + one,
        b"POST " + path + b" HTTP/1.1\r\nHost: g\r\nConnection: close\r\n" + head
        + b"Transfer-Encoding: chunked\r\n\r\n%x;ext=1\r\n%s\r\n0\r\n\r\n" % (len(one), one),
        b"POST " + path + b" HTTP/1.1\r\nHost: g\r\n" + head + length + b"\r\n" + one
        + b"POST " + path + b" HTTP/1.1\r\nHost: g\r\nConnection: close\r\n" + head + length + b"\r\n" + one,
    ]
    for data in good:
        answer = exchange(ports["gateway"], data)
        assert answer.statuses and set(answer.statuses) == {200}, answer


# -- S17: slow clients


def slow_kinds(key: str) -> list:
    """First bytes and what trickles after them."""
    head = b"POST /api/webhooks/generic HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer " + key.encode() + b"\r\n"
    return [
        ("idle", b"", b""),
        ("head", b"GET / HTTP/1.1\r\nHost: g\r\n", b"X"),
        ("body", head + b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{", b" "),
        ("body without a key", b"POST /api/webhooks/generic HTTP/1.1\r\nHost: g\r\nContent-Length: 100000\r\n\r\n{", b" "),
        ("chunks", head + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        ("lines", b"", b"\r\n"),
    ]


def test_limits_thousands_of_slow_clients(stack, team):
    """S17: 5,000 sockets that trickle or say nothing at a gateway, a console and an admin port of their own: a good client is served all
    the while, each slow one is gone after the request's time, and the files are given back."""
    allow_files(8000)
    stack.wait_ready()
    seconds = 4
    with (
        Extra(stack, "ingest-gateway", REQUEST_TIMEOUT_S=seconds, IDLE_TIMEOUT_S=seconds) as gateway,
        Extra(stack, "console", REQUEST_TIMEOUT_S=seconds) as console,
    ):
        url = f"http://127.0.0.1:{gateway.port}/api/webhooks/generic"
        key = {"Authorization": f"Bearer {team.ingest_key}"}
        goods = {
            "gateway": lambda: request("POST", url, {"title": "good"}, key).status,
            "console": lambda: request(
                "GET", f"http://127.0.0.1:{console.port}/api/teams/me", None, {"Authorization": f"Bearer {team.api_key}"}
            ).status,
            "admin": lambda: request("GET", f"http://127.0.0.1:{gateway.admin_port}/health").status,
        }

        def measured() -> dict:
            found = {}
            for name, send in goods.items():
                found[name] = latencies(lambda send=send: assert_ok(send()), 60)
            return found

        measured()
        baseline = measured()
        pids = {"gateway": gateway.pid, "console": console.pid}
        files = {name: open_files(pid) for name, pid in pids.items()}
        memory = {name: resident_bytes(pid) for name, pid in pids.items()}
        slow = SlowSockets()
        others = [f"127.0.1.{number}" for number in range(1, 9)]
        try:
            kinds = slow_kinds(team.ingest_key)
            for _, first, trickle in kinds:
                slow.open(gateway.port, 4000 // len(kinds), others, first, trickle)
            for _, first, trickle in kinds:
                slow.open(console.port, 600 // len(kinds), others, first, trickle)
                slow.open(gateway.admin_port, 400 // len(kinds), others, first, trickle)
            slow.start()
            peak = 0

            def connected() -> bool:
                """On a busy machine the first are cut off before the last get in: then the peak is lower."""
                nonlocal peak
                peak = max(peak, open_files(gateway.pid) - files["gateway"])
                return peak > 2000 or len(slow.closed_after) > 2500

            wait_for("most of them have been connected", connected, 60)
            most = {name: open_files(pid) for name, pid in pids.items()}
            grown = {name: resident_bytes(pid) - memory[name] for name, pid in pids.items()}
            during = measured()
            opened = len(slow.sockets) + len(slow.closed_after)
            wait_for("every slow client is gone", lambda: not slow.sockets, 120, 0.1)
        finally:
            slow.stop()
        for name in goods:
            print(
                f"slow clients, {name}: median {1000 * baseline[name][30]:.1f} -> {1000 * during[name][30]:.1f} ms, "
                f"p99 {1000 * p99(baseline[name]):.1f} -> {1000 * p99(during[name]):.1f} ms"
            )
        print(f"{opened} slow clients, files {files} -> {most}, memory +{ {k: v // MIB for k, v in grown.items()} } MiB")
        print(f"the longest stayed {max(slow.closed_after):.1f} s")
        assert opened > 4900
        assert peak > 200
        for name in goods:
            # The machine is shared with the 5,000 clients themselves: many times the baseline, but never their whole time.
            assert during[name][30] < 40 * baseline[name][30] + seconds / 4, name
        for name, pid in pids.items():
            wait_for(f"{name} gives its files back", lambda pid=pid, name=name: open_files(pid) <= files[name] + 8, 60)
        assert all(value < 256 * MIB for value in grown.values()), grown
        assert metric(gateway.admin_port, "tocsin_http_connections_ended_total") > 0


def assert_ok(status: int) -> None:
    assert status == 200


def test_limits_a_client_that_never_reads_is_cut_off(stack, team):
    """S17: requests one behind another whose answers nobody takes fill no memory and end with the connection."""
    with Extra(stack, "ingest-gateway", REQUEST_TIMEOUT_S=1) as gateway:
        head = b"GET / HTTP/1.1\r\nHost: g\r\n\r\n"
        files, before = open_files(gateway.pid), resident_bytes(gateway.pid)
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", gateway.port))
        connection.settimeout(1)

        def send() -> bool:
            """Whether the connection is gone."""
            try:
                connection.sendall(head * 100)
            except TimeoutError:
                return open_files(gateway.pid) <= files
            except OSError:
                return True
            return False

        wait_for("the server lets go", send, 90)
        connection.close()
        grown = resident_bytes(gateway.pid) - before
        print(f"never reads: gateway grew by {grown / MIB:.1f} MiB")
        assert grown < 64 * MIB


# -- S17: too many connections


def test_limits_one_address_cannot_take_all_connections(stack, team):
    """Connections over an address's share are told so and closed; another address is served meanwhile."""
    with Extra(stack, "ingest-gateway", MAX_CONNECTIONS=64, MAX_CONNECTIONS_PER_ADDRESS=16) as gateway:
        held = [socket.create_connection(("127.0.0.1", gateway.port), source_address=("127.0.2.1", 0)) for _ in range(16)]
        wait_for("they are in", lambda: metric(gateway.admin_port, "tocsin_http_connections", server="main") == 16)
        refused = exchange(gateway.port, b"GET / HTTP/1.1\r\nHost: g\r\n\r\n", source="127.0.2.1")
        assert refused.statuses == [503] and refused.is_closed and refused.header("Retry-After") == "1", refused
        assert refused.json["code"] == "busy"
        other = exchange(gateway.port, b"GET / HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n", source="127.0.2.2")
        assert other.statuses == [200]
        for connection in held:
            connection.close()
        again = wait_for(
            "the address may come again",
            lambda: exchange(gateway.port, b"GET / HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n", source="127.0.2.1").statuses == [200],
        )
        assert again


def test_limits_a_full_server_makes_room_for_a_request(stack, team):
    """When every connection is taken by clients that say nothing, a new one is served at once and the longest silent one goes."""
    with Extra(stack, "ingest-gateway", MAX_CONNECTIONS=64, MAX_CONNECTIONS_PER_ADDRESS=0, IDLE_TIMEOUT_S=600, REQUEST_TIMEOUT_S=600) as gateway:
        held = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(64)]
        wait_for("all are taken", lambda: metric(gateway.admin_port, "tocsin_http_connections", server="main") == 64)
        for _ in range(20):
            answer = exchange(gateway.port, b"GET / HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n")
            assert answer.statuses == [200], answer
        assert metric(gateway.admin_port, "tocsin_http_connections_ended_total", reason="evicted") >= 1
        assert metric(gateway.admin_port, "tocsin_http_connections", server="main") <= 64
        for connection in held:
            connection.close()


# -- S20: floods


class Flood:
    """Requests of one key, `clients` at once, each on a connection that is kept; counts what they were answered. Held to a pace: more would
    only keep this process busy, which times the quiet keys."""

    def __init__(self, port: int, path: str, body: dict, key: str, per_second: int, clients: int = 2):
        self.statuses = {}
        self.stopping = False
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        arguments = (port, path, json.dumps(body), headers, clients / per_second)
        self.threads = [threading.Thread(target=self._run, args=arguments, daemon=True) for _ in range(clients)]

    def _run(self, port, path, body, headers, pause) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
        due = time.monotonic()
        while not self.stopping:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            due = max(due + pause, time.monotonic() - pause)
            time.sleep(max(0.0, due - time.monotonic()))
        connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()


def test_limits_a_noisy_key_slows_no_other(stack, team):
    """S20: a key at many times its rate is answered 503 (Alertmanager) or 429 (others) with Retry-After; a quiet key of the same team, and
    one of another team, are served as before."""
    noisy = team.key("ingest")
    other_team = type(team)(stack, team.slug + "-b")
    rate = 20
    with Extra(stack, "ingest-gateway", KEY_RATE_PER_S=rate, KEY_BURST=rate, TEAM_RATE_PER_S=1000, TEAM_BURST=1000) as gateway:
        base = f"http://127.0.0.1:{gateway.port}"

        def post(path, body, key):
            return request("POST", base + path, body, {"Authorization": f"Bearer {key}"})

        def quiet(key):
            # The two keys in turn: each is slower than its rate.
            time.sleep(0.7 / rate)
            start = time.monotonic()
            assert post("/api/webhooks/generic", {"title": "quiet"}, key).status == 200
            return time.monotonic() - start

        alertmanager = webhook(alert("noise"))
        wait_for("the keys are known", lambda: post("/api/webhooks/generic", {"title": "x"}, noisy).status != 401)
        keys = [team.ingest_key, other_team.ingest_key]
        alone = sorted(quiet(key) for _ in range(20) for key in keys)
        with Flood(gateway.port, "/api/webhooks/alertmanager", alertmanager, noisy, per_second=15 * rate) as flood:
            begun = time.monotonic()
            beside = sorted(quiet(key) for _ in range(20) for key in keys)
            seconds = time.monotonic() - begun
            asked = sum(flood.statuses.values())
        told = [post(path, body, noisy) for path, body in [
            ("/api/webhooks/alertmanager", alertmanager), ("/api/v2/alerts", []), ("/api/webhooks/generic", {"title": "x"})] * 30]
        print(f"noisy key: {asked / seconds:.0f} requests/s at a rate of {rate}, answers {flood.statuses}")
        print(f"quiet keys: median {1000 * alone[20]:.1f} -> {1000 * beside[20]:.1f} ms, p99 {1000 * p99(alone):.1f} -> {1000 * p99(beside):.1f} ms")
        assert asked / seconds > 3 * rate
        assert set(flood.statuses) <= {200, 503} and flood.statuses[503] > flood.statuses.get(200, 0)
        assert flood.statuses.get(200, 0) <= rate * (seconds + 3) * 1.5
        assert beside[20] < 20 * alone[20], "the quiet keys wait for the noisy one"
        refusals = {(answer.status, index % 3) for index, answer in enumerate(told) if answer.status != 200}
        assert {(503, 0), (503, 1), (429, 2)} >= refusals and len(refusals) == 3, refusals
        for answer in told:
            if answer.status != 200:
                assert int(answer.headers["Retry-After"]) >= 1 and error_of(answer)["code"] == "rate_limited"


def test_limits_many_keys_of_one_team_do_not_starve_another_team(stack, team):
    """S20: the team's rate holds for all its keys together."""
    other_team = type(team)(stack, team.slug + "-c")
    with Extra(stack, "ingest-gateway", KEY_RATE_PER_S=1000, KEY_BURST=1000, TEAM_RATE_PER_S=5, TEAM_BURST=5) as gateway:
        url = f"http://127.0.0.1:{gateway.port}/api/webhooks/generic"
        keys = [team.ingest_key] + [team.key("ingest") for _ in range(2)]

        def status(key):
            return request("POST", url, {"title": "x"}, {"Authorization": f"Bearer {key}"}).status

        for key in keys:
            wait_for("the key is known", lambda key=key: status(key) != 401)
        answers = [status(keys[number % 3]) for number in range(60)]
        assert answers.count(429) > 20 and set(answers) <= {200, 429}, answers
        assert [status(other_team.ingest_key) for _ in range(4)] == [200] * 4


def test_limits_floods_without_a_key_are_cheap_and_bounded(stack, team):
    """S20: wrong keys from one address are answered 401, then 429 and a closed connection; a good key from the same address is served."""
    with Extra(stack, "ingest-gateway", UNAUTHORIZED_RATE_PER_S=1, UNAUTHORIZED_BURST=10) as gateway:
        head = b"POST /api/webhooks/generic HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nAuthorization: Bearer wrong-%d\r\n"
        answers = [
            exchange(gateway.port, head % number + b"Content-Length: 2\r\n\r\n{}", until_closed=False) for number in range(60)
        ]
        statuses = [status for answer in answers for status in answer.statuses]
        assert statuses[:10] == [401] * 10 and statuses.count(429) >= 40, statuses
        refused = next(answer for answer in answers if answer.statuses == [429])
        assert refused.header("Connection") == "close" and int(refused.header("Retry-After")) >= 1
        assert error_of(refused)["code"] == "unauthorized"
        good = request(
            "POST", f"http://127.0.0.1:{gateway.port}/api/webhooks/generic", {"title": "x"}, {"Authorization": f"Bearer {team.ingest_key}"}
        )
        assert good.status == 200
        other = exchange(gateway.port, head % 1 + b"Content-Length: 2\r\n\r\n{}", source="127.0.3.1", until_closed=False)
        assert other.statuses == [401]


def test_limits_the_console_has_a_rate_per_key(stack, team):
    """S20: 429 with Retry-After, what is left in the headers of every answer, and other keys and teams untouched."""
    with Extra(stack, "console", KEY_RATE_PER_S=2, KEY_BURST=10, UNAUTHORIZED_RATE_PER_S=1, UNAUTHORIZED_BURST=5) as console:
        other = team.key("api")

        def ask(key, path="/api/teams/me", **headers):
            return request("GET", f"http://127.0.0.1:{console.port}{path}", None, {"Authorization": f"Bearer {key}", **headers})

        wait_for("the second key is known", lambda: ask(other).status == 200, interval=1.5)
        answers = [ask(team.api_key) for _ in range(30)]
        statuses = [answer.status for answer in answers]
        assert statuses[:5] == [200] * 5 and 429 in statuses and set(statuses) == {200, 429}, statuses
        assert answers[0].headers["RateLimit-Limit"] == "10" and int(answers[0].headers["RateLimit-Remaining"]) >= 8
        refused = answers[statuses.index(429)]
        assert int(refused.headers["Retry-After"]) >= 1 and error_of(refused)["code"] == "rate_limited"
        assert ask(other).status == 200
        unknown = [ask("tk_api_wrong").status for _ in range(30)]
        assert unknown[0] in (401, 429) and unknown.count(429) >= 15, unknown
        sessions = [
            request("GET", f"http://127.0.0.1:{console.port}/", None, {"Cookie": f"tocsin_session={'A' * 43}"}).status for _ in range(3)
        ]
        assert ask(other).status in (200, 429) and sessions


# -- memory


def test_limits_memory_stays_bounded_while_everything_is_away(stack, team):
    """Broker, PostgreSQL and receiver are away and 500 alerts a second keep coming: no service grows beyond its bound; afterwards all of
    them work again."""
    stack.wait_ready()
    team.channel("away", "webhook", "url=http://127.0.0.1:9/nobody", "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    team.send(webhook(alert("before-the-outage")))
    before = {name: resident_bytes(stack.pid(name)) for name in SERVICES}
    most = dict(before)
    senders, alerts, seconds = 16, 100, 10
    body = webhook(*(alert(f"outage-{number % 10}", instance=f"i-{number}") for number in range(alerts)))
    answers = []

    def send(until: float) -> None:
        while time.monotonic() < until:
            begun = time.monotonic()
            answers.append(team.post("/api/webhooks/alertmanager", body, timeout=30).status)
            time.sleep(max(0, senders * alerts / 500 - (time.monotonic() - begun)))

    stack.broker("down")
    stack.postgres("-m", "immediate", "-w", "stop")
    try:
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=send, args=(until,)) for _ in range(senders)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            for name in SERVICES:
                most[name] = max(most[name], resident_bytes(stack.pid(name)))
            time.sleep(0.1)
    finally:
        stack.broker("up")
        stack.run("deploy/local/up")
    grown = {name: most[name] - before[name] for name in SERVICES}
    sent = len(answers) * alerts
    print(
        f"outage: {sent / seconds:.0f} alerts/s for {seconds} s, answers { {s: answers.count(s) for s in set(answers)} }, "
        f"growth in MiB { {n: round(g / MIB, 1) for n, g in grown.items()} }"
    )
    assert set(answers) <= {200, 503}, set(answers)
    assert sent > 200 * seconds, "too little was sent to tell anything"
    assert all(growth < 96 * MIB for growth in grown.values()), grown
    stack.wait_ready(120)
    team.send(webhook(alert("after-the-outage")))
    assert team.incident_of("after-the-outage", timeout=60)
