"""Requests that the gateway must refuse, each with its answer. None of them may reach a topic.

The rows stand in bad_input_table.json, which Tests/IngestGatewayTests/BadInputTests.swift runs too, without a socket. `rows(key)`
gives them with their bodies written out; `raw_rows(key)` are requests that no HTTP library would send, for a plain socket.
"""

import json
import pathlib
import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class RawRow:
    name: str
    request: bytes
    status: int


def _body(row: dict) -> bytes | None:
    if "body" in row:
        return row["body"].encode()
    if "body_hex" in row:
        return bytes.fromhex(row["body_hex"])
    if "body_parts" in row:
        return "".join(text * count for text, count in row["body_parts"]).encode()
    return None


def _headers(row: dict, keys: dict[str, str]) -> dict[str, str] | None:
    """The headers with the keys filled in; None where the row needs a key that is not there."""
    headers = {"Content-Type": "application/json", "Authorization": "Bearer {key}"} | row["headers"]
    filled = {}
    for name, value in headers.items():
        if value is None:
            continue
        try:
            filled[name] = value.format_map(keys) if "{" in value else value
        except KeyError:
            return None
    return filled


def rows(key: str, revoked: str | None = None, generic: str | None = None) -> list[dict]:
    """Each row with `name`, `method`, `path`, `headers`, `body` (bytes or None), `status`, `contains`, `field` (or None).

    `key` may send for any source, `revoked` is no longer valid, `generic` is bound to the source generic; the rows for a key that is
    not given are left out.
    """
    keys = {name: value for name, value in (("key", key), ("revoked", revoked), ("generic", generic)) if value}
    table = json.loads(pathlib.Path(__file__).with_name("bad_input_table.json").read_text())
    filled = [row | {"headers": _headers(row, keys), "body": _body(row), "field": row.get("field")} for row in table]
    return [row for row in filled if row["headers"] is not None]


def raw_rows(key: str) -> list[RawRow]:
    """Requests as bytes on a socket; the connection is to be closed after the answer."""
    line = b"POST /api/webhooks/alertmanager HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nAuthorization: Bearer %s\r\n" % key.encode()
    head = line + b"Content-Type: application/json\r\n"
    return [
        RawRow("no content type", line + b"Content-Length: 2\r\n\r\n{}", 415),
        RawRow("no length", head + b"\r\n", 411),
        RawRow("no HTTP at all", b"hello\r\n\r\n", 400),
        RawRow("an unknown protocol version", b"GET / HTTP/9.9\r\nHost: gateway\r\n\r\n", 505),
        RawRow("a length in words", head + b"Content-Length: many\r\n\r\n{}", 400),
        RawRow("a negative length", head + b"Content-Length: -1\r\n\r\n{}", 400),
        RawRow("two lengths", head + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        RawRow("length and chunks at once", head + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        RawRow("a broken chunk size", head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400),
        RawRow("a header without a colon", head + b"nonsense\r\n\r\n", 400),
        RawRow("a header of 100 KiB", head + b"X-Long: " + b"x" * 102400 + b"\r\n\r\n", 431),
        RawRow("500 headers", head + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n", 431),
    ]


def smuggling_rows(key: str) -> list[tuple[str, bytes]]:
    """Requests that two readers could cut in different places, each with a whole request behind it that must not be taken
    (https://www.rfc-editor.org/rfc/rfc9112#section-11.2)."""
    line = b"POST /api/webhooks/generic HTTP/1.1\r\n"
    rest = b"Authorization: Bearer " + key.encode() + b"\r\nContent-Type: application/json\r\n"
    head = line + b"Host: gateway\r\n" + rest
    smuggled = head + b"Content-Length: 20\r\n\r\n" + b'{"title":"smuggled"}'
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n%s\r\n" % (len(smuggled), smuggled)

    def length(value: bytes) -> bytes:
        return head + b"Content-Length: " + value + b"\r\n\r\n{}"

    def coding(value: bytes) -> bytes:
        return head + b"Transfer-Encoding: " + value + b"\r\n\r\n0\r\n\r\n"

    rows = {
        "length and chunks": head + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "chunks and length": head + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "two lengths": head + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "one length twice": head + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        "a list of lengths": length(b"2, 2"),
        "a negative length": length(b"-2"),
        "a length with a plus": length(b"+2"),
        "a hexadecimal length": length(b"0x2"),
        "a length of two words": length(b"2 2"),
        "a length that wraps round 64 bits": length(b"18446744073709551618"),
        "a space before the colon": head + b"Content-Length : 2\r\n\r\n{}",
        "a folded header": head + b"X-A: b\r\n folded\r\nContent-Length: 2\r\n\r\n{}",
        "a folded coding": head + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "lines that end in LF": length(b"2").replace(b"\r\n", b"\n"),
        "a lone CR": head + b"X-A: b\rContent-Length: 2\r\n\r\n{}",
        "a NUL in a name": head + b"X\0A: b\r\nContent-Length: 2\r\n\r\n{}",
        "a NUL in a value": head + b"X-A: b\0c\r\nContent-Length: 2\r\n\r\n{}",
        "a header without a colon": head + b"nonsense\r\n\r\n",
        "a header that begins with a space": line + b" Host: gateway\r\n" + rest + b"Content-Length: 2\r\n\r\n{}",
        "a chunk size in words": chunked + b"zz\r\n{}\r\n0\r\n\r\n",
        "a negative chunk size": chunked + b"-2\r\n{}\r\n0\r\n\r\n",
        "a chunk size with 0x": chunked + b"0x2\r\n{}\r\n0\r\n\r\n",
        "a chunk size that wraps round": chunked + b"10000000000000002\r\n{}\r\n0\r\n\r\n",
        "a chunk longer than it says": chunked + b"2\r\n{}" + chunk + b"0\r\n\r\n",
        "a chunk's end in LF": chunked + b"2;\n{}\r\n0\r\n\r\n",
        "an endless chunk extension": chunked + b"2;" + b"a" * 400_000 + b"\r\n{}\r\n0\r\n\r\n",
        "endless trailers": chunked + b"2\r\n{}\r\n0\r\nX-A: " + b"a" * 400_000 + b"\r\n\r\n",
        "two codings": coding(b"gzip, chunked"),
        "another coding": coding(b"xchunked"),
        "the coding identity": coding(b"identity"),
        "a coding with a vertical tab": coding(b"\x0bchunked"),
        "the coding twice": head + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "chunks in HTTP/1.0": chunked.replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n",
        "no Host": line + rest + b"Content-Length: 2\r\n\r\n{}",
        "two Hosts": head + b"Host: other\r\nContent-Length: 2\r\n\r\n{}",
        "a request line of 70 KB": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: gateway\r\n\r\n",
        "a header of 100 KiB": head + b"X-Long: " + b"x" * 102_400 + b"\r\n\r\n",
        "500 headers": head + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n",
        "HTTP/0.9": b"GET /\r\n",
        "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
        "a tunnel": b"CONNECT other:80 HTTP/1.1\r\nHost: gateway\r\n\r\n",
        "another version": b"GET / HTTP/9.9\r\nHost: gateway\r\n\r\n",
        "the hello of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 100,
        "no HTTP at all": b"hello\r\n\r\n",
    }
    return [(name, data + smuggled) for name, data in rows.items()]


def raw_status(host: str, port: int, request: bytes, timeout: float = 5.0) -> int | None:
    """Sends the bytes; the status of the answer, or None when the connection ended without one."""
    with socket.create_connection((host, port), timeout=timeout) as connection:
        answer = b""
        try:
            connection.sendall(request)
            while b"\r\n" not in answer:
                part = connection.recv(4096)
                if not part:
                    break
                answer += part
        except ConnectionError:
            pass
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) == 3 else None
