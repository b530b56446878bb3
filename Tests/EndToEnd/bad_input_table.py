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
        RawRow("an unknown protocol version", b"GET / HTTP/9.9\r\nHost: gateway\r\n\r\n", 400),
        RawRow("a length in words", head + b"Content-Length: many\r\n\r\n{}", 400),
        RawRow("a negative length", head + b"Content-Length: -1\r\n\r\n{}", 400),
        RawRow("two lengths", head + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        RawRow("length and chunks at once", head + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        RawRow("a broken chunk size", head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400),
        RawRow("a header without a colon", head + b"nonsense\r\n\r\n", 400),
        RawRow("a header of 100 KiB", head + b"X-Long: " + b"x" * 102400 + b"\r\n\r\n", 400),
        RawRow("500 headers", head + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n", 400),
    ]


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
