#!/usr/bin/env python3
"""Compares instructions and allocations of the hot functions with the committed ones. Started by Tests/Benchmarks/counts, which builds."""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from bench import callgrind, thresholds  # noqa: E402

FILE = pathlib.Path(__file__).resolve().parent / "counts.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="Tests/Benchmarks/counts", description=__doc__)
    parser.add_argument("program", help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help="write what is measured into counts.json instead of comparing")
    parser.add_argument("--rounds", type=int, default=20, help="rounds of each function (20)")
    chosen = parser.parse_args()
    measured = callgrind.counts(pathlib.Path(chosen.program), chosen.rounds)
    if chosen.write:
        FILE.write_text(json.dumps(thresholds.rounded(measured), indent=2) + "\n")
        print(f"written to {FILE.name}")
        return 0
    committed = json.loads(FILE.read_text())
    print(thresholds.table(measured, committed))
    # A gate that cannot fail is none: these counts must not pass where half of them was committed.
    if len(thresholds.exceeded(measured, thresholds.scaled(measured, 0.5))) < len(measured):
        print("the gate does not notice twice as many", file=sys.stderr)
        return 1
    faults = thresholds.exceeded(measured, committed)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        print("If that is the price of something worth it: Tests/Benchmarks/counts --write, and say why in the commit.", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
