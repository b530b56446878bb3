#!/usr/bin/env python3
"""An SMTP sink on 127.0.0.1 (aiosmtpd) that records every mail before it accepts it.

As a program: smtpsink.py --port 2525 --ledger mails.jsonl [--starttls] [--user u --password p].
With --starttls the certificate is self-made; its file is printed, for clients that want to trust it.
"""

import argparse
import base64
import dataclasses
import email
import email.policy
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

if __package__:
    from .ledger import Ledger
else:
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from ledger import Ledger


class Certificate:
    """A self-made certificate for localhost and 127.0.0.1, in a directory of its own."""

    def __init__(self):
        self._directory = tempfile.mkdtemp(prefix="tocsin-smtp-")
        self.file = os.path.join(self._directory, "cert.pem")
        self._key = os.path.join(self._directory, "key.pem")
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        subprocess.run(command + ["-keyout", self._key, "-out", self.file], check=True, capture_output=True)

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self._key)
        return context

    def remove(self):
        shutil.rmtree(self._directory)


@dataclasses.dataclass(frozen=True)
class Received:
    """One mail that arrived, whatever it was answered."""

    number: int  # from 1
    time: float  # seconds since 1970
    sender: str
    recipients: list
    bytes: bytes  # the message as received, dots unstuffed
    tls: bool
    user: object  # the account, or None
    reply: object  # what was answered after the final dot; None when the connection was dropped

    @property
    def message(self):
        """As an `email.message.EmailMessage`."""
        return email.message_from_bytes(self.bytes, policy=email.policy.default)

    @property
    def subject(self):
        return str(self.message["subject"] or "")

    @property
    def text(self):
        """The first text/plain part, line ends as \\n."""
        part = self.message.get_body(("plain",))
        return part.get_content().replace("\r\n", "\n") if part else ""

    @property
    def is_accepted(self):
        return (self.reply or "").startswith("250")

    def for_json(self):
        """As in the ledger file: decoded header fields and text besides the bytes (as base64)."""
        headers = {name.lower(): str(value) for name, value in self.message.items()}
        encoded = base64.b64encode(self.bytes).decode()
        return dataclasses.asdict(self) | {"subject": self.subject, "headers": headers, "text": self.text, "bytes": encoded}


class MailSink:
    """The server. Use as a context manager, or `start` and `stop`; port 0 takes a free one."""

    host = "127.0.0.1"
    DROP = "drop"  # scripted instead of a reply: the connection is lost after the mail was recorded

    def __init__(self, port=0, ledger=None, starttls=False, user=None, password=None):
        self.ledger = Ledger(Received, ledger)
        self.certificate = Certificate() if starttls else None
        self._credentials = (user, password) if user is not None else None
        self._scripts = {"MAIL": [], "RCPT": [], "DATA": []}
        self._lock = threading.Lock()
        self._controller = _Controller(self, port)
        self.port = None

    def start(self):
        self._controller.start()
        self.port = self._controller.server.sockets[0].getsockname()[1]
        return self

    def stop(self):
        self._controller.stop(no_assert=True)
        self.ledger.close()
        if self.certificate:
            self.certificate.remove()

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def script(self, command, *replies):
        """The next replies to MAIL, RCPT or DATA (the reply after the final dot): text such as "451 4.3.0 later", None for the
        usual one, or `DROP` (DATA only)."""
        with self._lock:
            self._scripts[command].extend(replies)

    def clear_scripts(self):
        with self._lock:
            for replies in self._scripts.values():
                replies.clear()

    @property
    def messages(self):
        """The mails that were accepted."""
        return self.ledger.entries(lambda mail: mail.is_accepted)

    def arrivals(self):
        """All mails that came whole, the refused and the dropped ones too."""
        return self.ledger.entries()

    def wait_for(self, predicate=lambda mail: True, timeout=10.0):
        return self.ledger.wait_for(predicate, timeout)

    def wait_for_count(self, count, predicate=lambda mail: True, timeout=10.0):
        return self.ledger.wait_for_count(count, predicate, timeout)

    def wait_until_quiet(self, seconds=1.0, timeout=30.0):
        return self.ledger.wait_until_quiet(seconds, timeout)

    # Called by aiosmtpd

    def _next(self, command):
        with self._lock:
            return self._scripts[command].pop(0) if self._scripts[command] else None

    async def handle_MAIL(self, server, session, envelope, address, options):
        reply = self._next("MAIL")
        if reply is None:
            envelope.mail_from = address
        return reply or "250 2.1.0 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = self._next("RCPT")
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        reply = self._next("DATA") or "250 2.0.0 OK queued"
        is_dropped = reply == self.DROP
        self.ledger.append(
            sender=envelope.mail_from,
            recipients=list(envelope.rcpt_tos),
            bytes=envelope.content,
            tls=session.ssl is not None,
            user=getattr(session, "sink_user", None),
            reply=None if is_dropped else reply,
        )
        if is_dropped:
            server.transport.abort()
        return reply if not is_dropped else "421 dropped"

    def authenticate(self, server, session, envelope, mechanism, given):
        login, password = given.login.decode(), given.password.decode()
        if (login, password) != self._credentials:
            return AuthResult(success=False, handled=False)
        session.sink_user = login
        return AuthResult(success=True)


class _Controller(Controller):
    def __init__(self, sink, port):
        self._sink = sink
        super().__init__(sink, hostname="127.0.0.1", port=port, ready_timeout=10)

    def factory(self):
        sink = self._sink
        has_credentials = sink._credentials is not None
        return SMTP(
            sink,
            hostname="sink.example",
            enable_SMTPUTF8=True,
            tls_context=sink.certificate.context() if sink.certificate else None,
            require_starttls=sink.certificate is not None,
            authenticator=sink.authenticate if has_credentials else None,
            auth_required=has_credentials,
            auth_require_tls=sink.certificate is not None,
        )

    def _trigger_server(self):
        """aiosmtpd greets itself at the configured port to see that it runs; with port 0 that is not yet known."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ledger", help="file that every mail is appended to, one JSON object per line")
    parser.add_argument("--starttls", action="store_true", help="require STARTTLS before MAIL")
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    options = parser.parse_args()
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    with MailSink(options.port, options.ledger, options.starttls, options.user, options.password) as sink:
        certificate = f", certificate {sink.certificate.file}" if sink.certificate else ""
        print(f"listening on 127.0.0.1:{sink.port}{certificate}", flush=True)
        done.wait()


if __name__ == "__main__":
    main()
