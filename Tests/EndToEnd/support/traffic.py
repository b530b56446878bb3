"""Alerts sent all the time, and what became of each request: for tests and measurements that do something to the stack meanwhile."""

import collections
import http.client
import itertools
import threading
import time

from .stack import Team, alert, request, webhook

STARTED = "2026-11-21T05:00:00Z"
ENDED = "2026-11-21T05:30:00Z"


class Traffic:
    """Sends alerts of services `<prefix>-<n>` to the gateways in turn, each again until it is accepted, as an Alertmanager does.

    Every `resolve_every`th service is also resolved, after its alert was accepted, through the next gateway. `answers` counts the requests
    by what came of them: a status, `refused` (nobody listened) or `broken` (no whole answer).
    """

    def __init__(self, team: Team, prefix: str, gateways=None, per_second: float = 10, resolve_every: int = 4, senders: int = 4):
        self.team = team
        self.prefix = prefix
        self.gateways = gateways or [team.stack.gateway]
        self.answers = collections.Counter()
        self.accepted = {}  # service -> when its alert was accepted
        self.resolved = set()
        self._resolve_every = resolve_every
        self._pause = senders / per_second
        self._numbers = itertools.count()
        self._turns = itertools.count()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send_all, daemon=True) for _ in range(senders)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
        assert not any(thread.is_alive() for thread in self._threads), "an alert was not accepted within two minutes"

    def _send_all(self):
        while not self._stop.is_set():
            number = next(self._numbers)
            service = f"{self.prefix}-{number}"
            self._until_accepted(webhook(alert(service, starts=STARTED)))
            with self._lock:
                self.accepted[service] = time.time()
            if number % self._resolve_every == 0:
                # Its record waits behind the first one: same key, same partition.
                self._until_accepted(webhook(alert(service, status="resolved", starts=STARTED, ends=ENDED)))
                with self._lock:
                    self.resolved.add(service)
            self._stop.wait(self._pause)

    def _until_accepted(self, body):
        while True:
            outcome = self._post(body)
            with self._lock:
                self.answers[outcome] += 1
            if outcome == 200:
                return
            time.sleep(0.1)

    def _post(self, body):
        gateway = self.gateways[next(self._turns) % len(self.gateways)]
        headers = {"Authorization": f"Bearer {self.team.ingest_key}"}
        try:
            return request("POST", f"{gateway}/api/webhooks/alertmanager", body, headers, timeout=15).status
        except (OSError, http.client.HTTPException) as error:
            refused = isinstance(getattr(error, "reason", error), ConnectionRefusedError)
            return "refused" if refused else "broken"

    def summary(self) -> str:
        parts = [f"{count} {name}" for name, count in sorted(self.answers.items(), key=lambda item: str(item[0]))]
        return f"{len(self.accepted)} alerts accepted ({', '.join(parts)})"
