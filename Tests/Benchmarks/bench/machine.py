"""What the figures were taken on."""

import os
import pathlib
import platform
import subprocess


def first_line(*command: str) -> str:
    try:
        lines = subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in lines if line.strip()), "")


def describe(root: pathlib.Path) -> dict:
    processor = next(
        (line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
        platform.machine(),
    )
    memory = next(line for line in pathlib.Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    versions = {
        "Swift": first_line("swift", "--version"),
        "librdkafka": first_line("pkg-config", "--modversion", "rdkafka"),
        "PostgreSQL": first_line("psql", "--version"),
        "wrk": " ".join(first_line("wrk", "--version").split()[1:2]),
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
