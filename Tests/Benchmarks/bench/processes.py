"""Resident memory and processor time from /proc."""

import os
import pathlib
import threading

TICKS = os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """VmRSS in MB (10^6 bytes); 0 for a process that is gone."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        pass
    return 0.0


def processor_seconds(pid: int, with_children: bool = False) -> float:
    """User and system time; with those of ended children and of living ones if asked (PostgreSQL's backends)."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    total = sum(map(int, fields[11:15] if with_children else fields[11:13])) / TICKS
    if with_children:
        total += sum(processor_seconds(child) for child in children(pid))
    return total


def children(pid: int) -> list:
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


class Watch:
    """While it is open: the highest resident memory and the processor time of each process."""

    def __init__(self, pids: dict):
        self.pids = pids
        self.peak_mb = {name: resident_mb(pid) for name, pid in pids.items()}
        self.processor = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def _sample(self):
        while not self._stop.wait(0.25):
            for name, pid in self.pids.items():
                self.peak_mb[name] = max(self.peak_mb[name], resident_mb(pid))

    def _used(self) -> dict:
        return {name: processor_seconds(pid, with_children=name == "postgres") for name, pid in self.pids.items()}

    def __enter__(self):
        self._before = self._used()
        self._thread.start()
        return self

    def __exit__(self, *_):
        after = self._used()
        self.processor = {name: after[name] - self._before[name] for name in after}
        self._stop.set()
        self._thread.join()
