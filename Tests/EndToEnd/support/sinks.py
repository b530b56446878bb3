#!/usr/bin/env python3
"""An HTTP sink on 127.0.0.1 that stands in for Slack, Telegram and any webhook receiver.

Every arrival is in the ledger before it is answered. An answer comes from the script of its path, if that has any left,
else from the vendor that the path looks like:

    /api/<method>              Slack Web API: chat.postMessage, chat.update, conversations.history, conversations.replies, auth.test
    /services/T.../B.../...    Slack incoming webhook
    /bot<token>/<method>       Telegram Bot API: sendMessage, editMessageText, getMe
    anything else              200 with an empty body

As a program: sinks.py --port 9100 --ledger arrivals.jsonl [--script script.json], where the script is an object of
path -> list of answers, e.g. {"/hook": [{"status": 503, "headers": {"Retry-After": "1"}}, {"hang": true}]}.
A running sink takes a script at POST /_sink/script and shows its arrivals at GET /_sink/arrivals.
"""

import argparse
import base64
import dataclasses
import io
import json
import os
import re
import signal
import socket
import struct
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

if __package__:
    from .ledger import Ledger
else:
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from ledger import Ledger


@dataclasses.dataclass
class Answer:
    """One scripted answer."""

    status: int = 200
    headers: dict = dataclasses.field(default_factory=dict)
    body: object = b""  # bytes, str, or something for JSON
    delay: float = 0.0  # seconds before the first byte
    hang: bool = False  # no byte until the client gives up
    reset: bool = False  # the connection is reset instead
    emulate: bool = False  # after the delay, what the vendor would say
    lost: bool = False  # with `emulate`: the vendor does what it was asked, and its answer gets lost

    def payload(self):
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


@dataclasses.dataclass(frozen=True)
class Arrival:
    """One request that arrived."""

    number: int  # from 1
    time: float  # seconds since 1970
    method: str
    path: str  # with the query
    headers: dict  # names in lower case
    body: bytes
    status: object = None  # what it is answered; None for hang and reset

    @property
    def json(self):
        return json.loads(self.body)

    def for_json(self):
        """As in the ledger file: the body as text, or as base64 with "base64": true when it is no UTF-8."""
        entry = dataclasses.asdict(self)
        try:
            return entry | {"body": self.body.decode()}
        except UnicodeDecodeError:
            return entry | {"body": base64.b64encode(self.body).decode(), "base64": True}


class Slack:
    """The messages of a workspace, enough to notice an update of a message that was never posted, and to find one by its metadata."""

    def __init__(self):
        self.messages = {}  # (channel, ts) -> arguments of the last post or update, in the order of posting
        self._count = 0
        self._lock = threading.Lock()

    def web_api(self, method, request):
        if not request.headers.get("authorization", "").startswith("Bearer ") and "token" not in arguments(request):
            return Answer(body={"ok": False, "error": "not_authed"})
        handler = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "auth.test": self._test,
        }.get(method)
        return Answer(body=handler(arguments(request)) if handler else {"ok": False, "error": "unknown_method"})

    def webhook(self, request):
        given = arguments(request)
        if not (given.get("text") or given.get("blocks") or given.get("attachments")):
            return Answer(status=400, headers={"Content-Type": "text/html"}, body="no_text" if given else "invalid_payload")
        return Answer(headers={"Content-Type": "text/html"}, body="ok")

    def _post(self, given):
        if not given.get("channel"):
            return {"ok": False, "error": "channel_not_found"}
        if not (given.get("text") or given.get("blocks") or given.get("attachments")):
            return {"ok": False, "error": "no_text"}
        with self._lock:
            self._count += 1
            ts = f"{int(time.time())}.{self._count:06d}"
            self.messages[given["channel"], ts] = given
        return {"ok": True, "channel": given["channel"], "ts": ts, "message": {"text": given.get("text", ""), "ts": ts}}

    def _update(self, given):
        key = given.get("channel"), given.get("ts")
        with self._lock:
            if key not in self.messages:
                return {"ok": False, "error": "message_not_found"}
            self.messages[key] = {**self.messages[key], **given}
        return {"ok": True, "channel": key[0], "ts": key[1], "text": given.get("text", "")}

    def _history(self, given):
        """The channel's own messages, the newest first."""
        return self._page(given, [entry for entry in self._of_channel(given) if not entry[1].get("thread_ts")][::-1])

    def _replies(self, given):
        """The main message of a thread and the lines below it, the oldest first."""
        found = [entry for entry in self._of_channel(given) if given.get("ts") in (entry[0], entry[1].get("thread_ts"))]
        return self._page(given, found) if found else {"ok": False, "error": "thread_not_found"}

    def _of_channel(self, given):
        with self._lock:
            return [(ts, message) for (channel, ts), message in self.messages.items() if channel == given.get("channel")]

    def _page(self, given, entries):
        oldest, latest = float(given.get("oldest", 0)), float(given.get("latest", "inf"))
        entries = [entry for entry in entries if oldest <= float(entry[0]) <= latest]
        start, limit = int(given.get("cursor") or 0), int(given.get("limit", 100))
        messages = [{"type": "message", "ts": ts, "text": message.get("text", "")} for ts, message in entries[start : start + limit]]
        if given.get("include_all_metadata") == "true":
            for shown, (_, message) in zip(messages, entries[start : start + limit]):
                shown["metadata"] = message.get("metadata", {})
        more = start + limit < len(entries)
        cursor = {"response_metadata": {"next_cursor": str(start + limit)}} if more else {}
        return {"ok": True, "messages": messages, "has_more": more, **cursor}

    def _test(self, given):
        return {"ok": True, "url": "https://test.slack.com/", "team": "test", "user": "tocsin", "team_id": "T1", "user_id": "U1"}


class Telegram:
    """The messages of a bot."""

    def __init__(self):
        self.messages = {}  # (chat_id, message_id) -> arguments of the last send or edit
        self._lock = threading.Lock()

    def answer(self, method, request):
        given = arguments(request)
        if method == "getMe":
            return self._result({"id": 1, "is_bot": True, "first_name": "tocsin", "username": "tocsin_bot"})
        if not given.get("chat_id"):
            return self._error(400, "Bad Request: chat not found")
        if not 1 <= len(given.get("text", "")):
            return self._error(400, "Bad Request: message text is empty")
        handler = {"sendMessage": self._send, "editMessageText": self._edit}.get(method)
        return handler(given) if handler else self._error(404, "Not Found")

    def _send(self, given):
        with self._lock:
            key = given["chat_id"], len(self.messages) + 1
            self.messages[key] = given
        return self._message(key)

    def _edit(self, given):
        key = given["chat_id"], given.get("message_id")
        with self._lock:
            if key not in self.messages:
                return self._error(400, "Bad Request: message to edit not found")
            if self.messages[key].get("text") == given["text"]:
                return self._error(400, "Bad Request: message is not modified")
            self.messages[key] = {**self.messages[key], **given}
        return self._message(key)

    def _message(self, key):
        return self._result({"message_id": key[1], "chat": {"id": key[0]}, "date": 1712345678, "text": self.messages[key]["text"]})

    def _result(self, result):
        return Answer(headers={"Content-Type": "application/json"}, body={"ok": True, "result": result})

    def _error(self, code, description):
        return Answer(status=code, body={"ok": False, "error_code": code, "description": description})


def arguments(request):
    """The arguments of an API call, from the query of a GET, a JSON or a form body; empty when it is none of these."""
    if request.method == "GET":
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request.path).query))
    if "form-urlencoded" in request.headers.get("content-type", ""):
        return dict(urllib.parse.parse_qsl(request.body.decode("utf-8", "replace")))
    try:
        given = json.loads(request.body)
        return given if isinstance(given, dict) else {}
    except ValueError:
        return {}


class SinkServer:
    """The server. Use as a context manager, or `start` and `stop`; port 0 takes a free one."""

    def __init__(self, port=0, ledger=None):
        self.ledger = Ledger(Arrival, ledger)
        self.slack = Slack()
        self.telegram = Telegram()
        self.stopping = threading.Event()
        self._scripts = {}
        self._default = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.sink = self
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        """Hanging requests are let go; nothing is listening when this returns."""
        self.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
        self.ledger.close()

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    # Scripts

    def script(self, path, *answers, **always):
        """`Answer`s, in this order, for the next requests of exactly this path (no query); then the emulation again.

        With keywords (those of `Answer`), that answer for every request from then on that no listed answer is left for.
        """
        with self._lock:
            self._scripts.setdefault(path, []).extend(answers)
            if always:
                self._default[path] = Answer(**always)

    def clear_scripts(self):
        with self._lock:
            self._scripts.clear()
            self._default.clear()

    def next_answer(self, path):
        with self._lock:
            return self._scripts[path].pop(0) if self._scripts.get(path) else self._default.get(path)

    def emulate(self, path, request):
        if match := re.fullmatch(r"/api/([A-Za-z.]+)", path):
            return self.slack.web_api(match[1], request)
        if path.startswith("/services/"):
            return self.slack.webhook(request)
        if match := re.fullmatch(r"/bot[^/]+/([A-Za-z]+)", path):
            return self.telegram.answer(match[1], request)
        return Answer()

    # Arrivals

    def arrivals(self):
        return self.ledger.entries()

    def at(self, path):
        """The arrivals of exactly this path, whatever their query, oldest first."""
        return self.ledger.entries(lambda arrival: _plain(arrival.path) == path)

    def wait_for(self, predicate=lambda arrival: True, timeout=10.0):
        return self.ledger.wait_for(predicate, timeout)

    def wait_for_count(self, count, predicate=lambda arrival: True, timeout=10.0):
        return self.ledger.wait_for_count(count, predicate, timeout)

    def wait_until_quiet(self, seconds=1.0, timeout=30.0):
        return self.ledger.wait_until_quiet(seconds, timeout)


def _plain(path):
    return path.split("?", 1)[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def handle_error(self, request, client_address):
        """A client that went away is part of the game."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError, OSError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def _handle(self):
        sink = self.server.sink
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Arrival(0, 0, self.command, self.path, headers, raw)
        path = _plain(self.path)
        if path.startswith("/_sink/"):
            return self._send(self._control(path, request))
        answer = sink.next_answer(path)
        # The emulation runs now, so that what it remembers and the ledger agree even when the answer is late.
        if answer is None or answer.emulate:
            emulated = sink.emulate(path, request)
            answer = dataclasses.replace(emulated, delay=answer.delay if answer else 0.0, reset=bool(answer and answer.lost))
        status = None if answer.hang or answer.reset else answer.status
        sink.ledger.append(method=self.command, path=self.path, headers=headers, body=raw, status=status)
        if answer.delay:
            sink.stopping.wait(answer.delay)
        if answer.hang:
            return self._wait_for_client()
        if answer.reset:
            return self._reset()
        self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _handle

    def _control(self, path, request):
        sink = self.server.sink
        if path == "/_sink/arrivals":
            return Answer(body=[arrival.for_json() for arrival in sink.arrivals()])
        if path == "/_sink/script" and self.command == "POST":
            load_script(sink, json.loads(request.body))
            return Answer(status=204)
        return Answer(status=404)

    def _send(self, answer):
        payload = answer.payload()
        self.send_response(answer.status)
        headers = {"Content-Type": "application/json", **answer.headers}
        for name, value in headers.items():
            self.send_header(name, str(value))
        if answer.status != 204:
            self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if answer.status != 204 and self.command != "HEAD":
            self.wfile.write(payload)

    def _wait_for_client(self):
        self.close_connection = True
        self.connection.settimeout(0.1)
        while not self.server.sink.stopping.is_set():
            try:
                if not self.connection.recv(4096):
                    return
            except TimeoutError:
                continue

    def _reset(self):
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The files hold the socket open; `finish` would send FIN first.
        self.rfile.close()
        self.wfile.close()
        self.connection.close()
        # The library flushes what it has after each request.
        self.wfile = io.BytesIO()

    def finish(self):
        if not self.wfile.closed:
            super().finish()


def load_script(sink, script):
    """`script` as the program reads it: path -> list of answers as objects."""
    for path, answers in script.items():
        sink.script(path, *(Answer(**answer) for answer in answers))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ledger", help="file that every arrival is appended to, one JSON object per line")
    parser.add_argument("--script", help="JSON file: path -> list of answers")
    options = parser.parse_args()
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    with SinkServer(options.port, options.ledger) as sink:
        if options.script:
            with open(options.script) as file:
                load_script(sink, json.load(file))
        print(f"listening on {sink.url}", flush=True)
        done.wait()


if __name__ == "__main__":
    main()
