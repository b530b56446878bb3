"""A few fixed seeds: the real services under faults lose nothing and tell nothing twice."""

import os
import pathlib
import subprocess
import sys

RUN = pathlib.Path(__file__).resolve().parent / "run"
SEEDS = "3,5"


def test_fixed_seeds_lose_and_double_nothing():
    command = [sys.executable, str(RUN), "--seeds", SEEDS, "--duration", "15", "--build", os.environ.get("TOCSIN_BUILD", "debug")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=900)
    print(result.stdout)
    assert result.returncode == 0, f"{result.stdout[-6000:]}\n{result.stderr[-2000:]}"
    table = [line for line in result.stdout.splitlines() if line.rstrip().endswith(" ok")]
    assert len(table) >= len(SEEDS.split(",")), "each seed has its row"
