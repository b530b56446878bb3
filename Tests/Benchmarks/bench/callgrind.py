"""Instructions and allocations of each stage of hot-paths, counted by valgrind's callgrind: the same on every machine of an architecture.

The program calls getppid before and after the counted rounds of a stage, and callgrind dumps before each call. So the dumps with even
numbers are the stages, in the order in which the program names them; start-up and warm-up are in the odd ones.
"""

import json
import os
import pathlib
import re
import subprocess
import tempfile

from bench import bodies

ALLOCATORS = {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"}
# A fixed time: it is in every record.
STARTS = "2026-11-21T05:00:00Z"


def counts(program: pathlib.Path, rounds: int) -> dict:
    """By stage: `item`, and `instructions` and `allocations` an item."""
    with tempfile.TemporaryDirectory(prefix="tocsin-counts-") as name:
        folder = pathlib.Path(name)
        stages = run(program, rounds, folder)
        found = {}
        for place, stage in enumerate(stages):
            instructions, allocations = read(folder / f"dump.{2 * place + 2}")
            found[stage["name"]] = {
                "item": stage["item"],
                "instructions": instructions / stage["items"],
                "allocations": allocations / stage["items"],
            }
        return found


def run(program: pathlib.Path, rounds: int, folder: pathlib.Path) -> list:
    """Runs it under callgrind; what it printed, a stage a line."""
    body = folder / "body.json"
    body.write_bytes(bodies.body("bench-flood", 20, STARTS))
    # Valgrind of Debian 12 cannot read Swift's debug information; the names it needs are in the symbol table.
    bare = folder / "hot-paths"
    subprocess.run(["strip", "-g", "-o", bare, program], check=True)
    command = [
        "valgrind",
        "--tool=callgrind",
        f"--callgrind-out-file={folder}/dump",
        "--dump-before=getppid",
        bare,
        str(rounds),
        body,
    ]
    # Hash tables in the same order in every run.
    environment = {**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"}
    result = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment)
    if result.returncode != 0:
        raise RuntimeError(f"hot-paths under callgrind ended with {result.returncode}: {result.stderr[-500:]}")
    return [json.loads(line) for line in result.stdout.splitlines()]


def read(dump: pathlib.Path) -> tuple:
    """Instructions and calls of an allocator in one dump. The format: https://valgrind.org/docs/manual/cl-format.html"""
    names, callee, instructions, allocations = {}, None, None, 0
    for line in dump.read_text().splitlines():
        if line.startswith("calls="):
            allocations += int(line[6:].split()[0]) if callee in ALLOCATORS else 0
        elif found := re.match(r"(c?)fn=\((\d+)\)(?: (.*))?", line):
            if found[3]:
                names[found[2]] = found[3].strip()
            if found[1]:
                callee = names[found[2]]
        elif line.startswith("totals:"):
            instructions = int(line.split()[1])
    if instructions is None:
        raise RuntimeError(f"{dump.name} has no totals")
    return instructions, allocations
