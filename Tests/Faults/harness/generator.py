"""The senders: they tell their stories, try again as real senders do, and write down every answer."""

import http.client
import json
import random
import threading
import time
import urllib.parse

from . import workload
from .ledger import ACK, NACK, UNKNOWN, ClientLedger

REQUEST_TIMEOUT = 8.0


def request_name(story, step) -> str:
    """The ledger's name of a step's request."""
    return f"{story.name}/{story.steps.index(step)}/{step.kind}"


class Sender:
    """An HTTP client that tells apart what was refused for certain from what nobody knows."""

    def __init__(self, url: str):
        self._host = urllib.parse.urlsplit(url).netloc

    def post(self, path: str, token: str, content_type: str, body) -> tuple:
        """(answer, detail, bytes of the answer). UNKNOWN once a byte may have left."""
        connection = http.client.HTTPConnection(self._host, timeout=REQUEST_TIMEOUT)
        try:
            try:
                connection.connect()
            except OSError as error:
                return NACK, type(error).__name__, b""
            try:
                headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}
                connection.request("POST", path, json.dumps(body).encode() if body is not None else b"", headers)
                answer = connection.getresponse()
                data = answer.read()
            except (OSError, http.client.HTTPException) as error:
                return UNKNOWN, type(error).__name__, b""
            return (ACK if 200 <= answer.status < 300 else NACK), answer.status, data
        finally:
            connection.close()

    def get(self, path: str, token: str):
        """The answer's JSON; None when there is none."""
        connection = http.client.HTTPConnection(self._host, timeout=REQUEST_TIMEOUT)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            data = answer.read()
            return json.loads(data) if answer.status == 200 else None
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()


class Generator:
    """Runs stories, each in a thread. `teams` have slug, ingest_key and api_key."""

    def __init__(self, stories: list, teams: list, gateway: str, console: str, ledger: ClientLedger, seed: int):
        self.stories = stories
        self._teams = teams
        self._gateway = Sender(gateway)
        self._console = Sender(console)
        self._ledger = ledger
        self._seed = seed
        self._gave_up = threading.Event()
        self._begun = 0.0
        self._threads = []
        self.told = set()  # names of the stories told to their end

    def start(self) -> None:
        self._begun = time.monotonic()
        self._threads = [threading.Thread(target=self._tell, args=(story,), daemon=True) for story in self.stories]
        for thread in self._threads:
            thread.start()

    def join(self, timeout: float) -> list:
        """Waits until all is told.
        - Returns: the stories that could not be told to their end."""
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._gave_up.set()
        for thread in self._threads:
            thread.join(2 * REQUEST_TIMEOUT)
        return [story.name for story in self.stories if story.name not in self.told]

    def _sleep(self, seconds: float) -> bool:
        return not self._gave_up.wait(seconds)

    def _tell(self, story) -> None:
        self._sleep(max(0.0, self._begun + story.start - time.monotonic()))
        for step in story.steps:
            if not self._sleep(step.pause) or not self._take(story, step):
                return
        self.told.add(story.name)

    def _take(self, story, step) -> bool:
        attempt = self._acknowledge if step.kind == "acknowledge" else self._send
        done = [False] * step.copies

        def copy(index):
            r = random.Random(f"{self._seed} {story.name} {step.kind} {index}")
            while True:
                if attempt(story, step):
                    done[index] = True
                    return
                if not step.patient:
                    done[index] = True
                    return
                if not self._sleep(r.uniform(0.3, 1.2)):
                    return

        others = [threading.Thread(target=copy, args=(index,), daemon=True) for index in range(1, step.copies)]
        for thread in others:
            thread.start()
        copy(0)
        for thread in others:
            thread.join()
        return all(done)

    def _send(self, story, step) -> bool:
        team = self._teams[story.team]
        path, content_type, body = workload.body(story, team.slug, step)
        answer, detail, _ = self._gateway.post(path, team.ingest_key, content_type, body)
        self._ledger.record(request_name(story, step), answer, detail)
        return answer == ACK

    def _acknowledge(self, story, step) -> bool:
        """As a person does: looks the incident up and takes it. That it is taken or over already is an answer, too."""
        team = self._teams[story.team]
        incident = self._incident(story, team)
        if incident is None:
            return False
        path = f"/api/incidents/{incident}/acknowledge"
        answer, detail, _ = self._console.post(path, team.api_key, "application/json", {"assignee_id": "ada"})
        name = request_name(story, step)
        if detail == 409:
            # By an earlier attempt without an answer, or resolved meanwhile.
            self._ledger.record(name, UNKNOWN, detail)
            return True
        self._ledger.record(name, answer, detail)
        return answer == ACK

    def _incident(self, story, team):
        found = self._console.get("/api/incidents?limit=1000", team.api_key)
        for incident in (found or {}).get("incidents", []):
            if incident["labels"].get("service") == story.name:
                return incident["id"]
        return None
