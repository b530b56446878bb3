"""What was done to the system, and when."""

import threading
import time


class Timeline:
    """Lines of a run with their seconds since its first request; also in a file, so that a killed run leaves them."""

    def __init__(self, path):
        self._file = open(path, "a", buffering=1)
        self._lock = threading.Lock()
        self._start = time.monotonic()
        self.lines = []

    def begin(self) -> None:
        self._start = time.monotonic()

    @property
    def now(self) -> float:
        return time.monotonic() - self._start

    def note(self, text: str) -> None:
        line = f"{self.now:7.2f} s  {text}"
        with self._lock:
            self.lines.append(line)
            self._file.write(line + "\n")

    def close(self) -> None:
        self._file.close()
