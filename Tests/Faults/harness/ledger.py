"""What the senders were told: one line for each answer, appended before anything else happens."""

import json
import threading
import time

ACK, NACK, UNKNOWN = "ack", "nack", "unknown"


class ClientLedger:
    """Every request's answers, in memory and in a file. A request's outcome is ACK once any of its attempts was accepted, else UNKNOWN when
    any may have been, else NACK."""

    def __init__(self, path):
        self._file = open(path, "a", buffering=1)
        self._lock = threading.Lock()
        self._outcomes = {}
        self.attempts = {ACK: 0, NACK: 0, UNKNOWN: 0}
        self.codes = {}

    def record(self, request: str, answer: str, detail="", final=False) -> None:
        """`request` names what was sent. A refusal that may hide an effect (503 after the broker was asked) is a NACK whose request may
        still have happened: the checker allows that."""
        line = {"time": round(time.time(), 3), "request": request, "answer": answer, "detail": str(detail)}
        with self._lock:
            self._file.write(json.dumps(line) + "\n")
            self.attempts[answer] += 1
            self.codes[str(detail)] = self.codes.get(str(detail), 0) + 1
            rank = {NACK: 0, UNKNOWN: 1, ACK: 2}
            before = self._outcomes.get(request)
            if before is None or rank[answer] > rank[before]:
                self._outcomes[request] = answer

    def outcome(self, request: str):
        """ACK, NACK, UNKNOWN, or None: never sent."""
        with self._lock:
            return self._outcomes.get(request)

    def outcomes(self) -> dict:
        with self._lock:
            return dict(self._outcomes)

    def close(self) -> None:
        self._file.close()
