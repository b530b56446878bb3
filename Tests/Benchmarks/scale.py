#!/usr/bin/env python3
"""How the cost of an alert grows with groupers, open alerts, teams and labels. Started by Tests/Benchmarks/scale, which builds."""

import argparse
import json
import pathlib
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from bench import environment, machine, scale, scale_report  # noqa: E402

PARTS = ["instances", "open", "teams", "labels"]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Tests/Benchmarks/scale", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, of {','.join(PARTS)}")
    parser.add_argument("--alerts", type=int, default=10_000, help="alerts of each measurement, a multiple of 20 (10000)")
    parser.add_argument("--open", default="1000,10000,100000,1000000", help="numbers of open alerts, rising (1000 to 1000000)")
    parser.add_argument("--shared-buffers", default="4GB", help="PostgreSQL's, beside open alerts (4GB): it should hold them")
    parser.add_argument("--rounds", type=int, default=3, help="times that each is measured; medians count (3)")
    parser.add_argument(
        "--write-docs", action="store_true", help="keep figures and charts in docs/performance, for Tests/Benchmarks/run too"
    )
    parser.add_argument("--go-on", action="store_true", help="keep the parts of the last run that this one does not measure")
    chosen = parser.parse_args()
    chosen.only = chosen.only.split(",")
    if unknown := set(chosen.only) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    chosen.open = [int(size) for size in chosen.open.split(",")]
    if chosen.alerts % 20 or not 20 <= chosen.alerts <= 200_000:
        parser.error("--alerts must be a multiple of 20 from 20 to 200000")
    return chosen


def main() -> int:
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    result = {
        "taken": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "machine": machine.describe(environment.ROOT),
        "command": "Tests/Benchmarks/scale",
        "alerts": chosen.alerts,
        "rounds": chosen.rounds,
        "shared_buffers": chosen.shared_buffers,
    }
    kept = environment.ROOT / ".local" / "benchmarks" / "scale.json"
    if chosen.go_on and kept.exists():
        result |= {name: figures for name, figures in json.loads(kept.read_text()).items() if name in PARTS}
    with tempfile.TemporaryDirectory(prefix="tocsin-scale-") as name:
        folder = pathlib.Path(name)
        for part in chosen.only:
            print(f"==> {part}", file=sys.stderr, flush=True)
            result[part] = getattr(scale, part)(folder, chosen)
            print(json.dumps(result[part]), file=sys.stderr, flush=True)
    scale_report.judge(result)
    text = scale_report.markdown(result)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(result, indent=2) + "\n")
    kept.with_suffix(".md").write_text(text + "\n")
    if chosen.write_docs:
        scale_report.write(environment.ROOT / "docs", text, result)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
