"""What arrived at a sink: in memory to wait on, and in a file that survives the process."""

import json
import os
import threading
import time


class Ledger:
    """An append-only list of entries: dataclasses with `number` and `time` first and a `for_json()`.

    An entry is in the file, synced, before `append` returns: a sink appends before it answers, so that whoever got an
    answer is in the ledger.
    """

    def __init__(self, kind, path=None):
        self._kind = kind
        self._entries = []
        self._changed = threading.Condition()
        self._file = open(path, "ab", buffering=0) if path else None

    def append(self, **fields):
        with self._changed:
            entry = self._kind(number=len(self._entries) + 1, time=time.time(), **fields)
            if self._file:
                self._file.write(json.dumps(entry.for_json(), ensure_ascii=False).encode() + b"\n")
                os.fsync(self._file.fileno())
            self._entries.append(entry)
            self._changed.notify_all()
            return entry

    def close(self):
        with self._changed:
            if self._file:
                self._file.close()
                self._file = None

    def entries(self, predicate=lambda entry: True):
        """A copy of the entries that match, oldest first."""
        with self._changed:
            entries = list(self._entries)
        return [entry for entry in entries if predicate(entry)]

    def wait_for(self, predicate=lambda entry: True, timeout=10.0):
        """Returns the first matching entry, as soon as there is one."""
        return self.wait_for_count(1, predicate, timeout)[0]

    def wait_for_count(self, count, predicate=lambda entry: True, timeout=10.0):
        """Returns the matching entries as soon as there are `count`; raises TimeoutError that tells what did arrive."""
        found = []

        def enough():
            found[:] = [entry for entry in self._entries if predicate(entry)]
            return len(found) >= count

        with self._changed:
            if self._changed.wait_for(enough, timeout):
                return list(found)
            seen = "\n".join(f"  {summary(entry)}" for entry in self._entries[-20:])
            total = len(self._entries)
        raise TimeoutError(f"{len(found)} of {count} expected arrivals within {timeout} s; {total} arrived, the last:\n{seen}")

    def wait_until_quiet(self, seconds=1.0, timeout=30.0):
        """Returns all entries once nothing has arrived for `seconds`: for claims that nothing more comes."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                before = len(self._entries)
                if not self._changed.wait_for(lambda: len(self._entries) > before, seconds):
                    return list(self._entries)
                if time.monotonic() > deadline:
                    raise TimeoutError(f"still arriving after {timeout} s ({len(self._entries)} entries)")


def summary(entry):
    """One line of an entry for a failed wait."""
    text = json.dumps({key: value for key, value in entry.for_json().items() if key != "headers"}, ensure_ascii=False)
    return text if len(text) <= 300 else text[:300] + "..."


def read(path):
    """The entries of a ledger file as dicts. A last line that a killed process left half-written is left out."""
    entries = []
    with open(path, "rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                entries.append(json.loads(line))
    return entries
