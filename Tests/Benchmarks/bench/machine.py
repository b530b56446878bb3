"""What the figures were taken on."""

import os
import pathlib
import platform
import re
import subprocess


def first_line(*command: str) -> str:
    try:
        lines = subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in lines if line.strip()), "")


def version(text: str) -> str:
    found = re.search(r"\d+(\.\d+)+", text)
    return found[0] if found else text


def describe(root: pathlib.Path) -> dict:
    processor = next(
        (line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
        platform.machine(),
    )
    memory = next(line for line in pathlib.Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    versions = {
        "Swift": version(first_line("swift", "--version")),
        "librdkafka": first_line("pkg-config", "--modversion", "rdkafka"),
        "PostgreSQL": version(first_line("psql", "--version")),
        "wrk": version(first_line("wrk", "--version")),
        "Linux": platform.release(),
    }
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "memory_gb": round(int(memory.split()[1]) * 1024 / 1e9, 1),
        "load_before": os.getloadavg()[0],
        "versions": versions,
        "commit": first_line("git", "-C", str(root), "rev-parse", "--short=12", "HEAD"),
    }
