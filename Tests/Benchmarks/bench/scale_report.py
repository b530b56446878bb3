"""The growth of costs as tables, charts and a verdict: no step may cost more than n log n would."""

import collections
import json
import math
import pathlib

from bench import charts, document

BEGIN, END = "<!-- scale: begin, written by Tests/Benchmarks/scale --write-docs -->", "<!-- scale: end -->"
# Medians of few rounds on a machine that others use move by some percent.
TOLERANCE = 1.10
ROW = "| {} | {} | {} | {} | {} |"


def cost(one: dict) -> float:
    """Microseconds an alert."""
    return one["postgres_us"] + one["grouper_us"]


def curves(result: dict) -> dict:
    """(n, cost of one alert, total work at n) by name.

    Work on n open alerts or of n teams is n times the cost of one alert; that of a label set is its own."""
    found = {}
    for kind, name in (("new", "open alerts: a new one"), ("repeats", "open alerts: a repeat"), ("expiry", "open alerts: an expiry")):
        if result.get("open"):
            found[name] = [(one["open"], cost(one[kind]), one["open"] * cost(one[kind])) for one in result["open"]]
    if result.get("teams"):
        found["teams: a new alert"] = [(one["teams"], cost(one), one["teams"] * cost(one)) for one in result["teams"] if one["teams"] > 1]
    if result.get("labels"):
        found["labels: a new alert"] = [(one["labels"], cost(one), cost(one)) for one in result["labels"]]
    return found


def judge(result: dict) -> None:
    """Adds `fits`, `series`, `instances_met`."""
    result["fits"], result["series"] = [], []
    for name, points in curves(result).items():
        for (n1, _, work1), (n2, _, work2) in zip(points, points[1:]):
            ratio = (work2 / work1) / ((n2 * math.log(n2)) / (n1 * math.log(n1)))
            result["fits"].append({"what": f"{name}, {n1:,} to {n2:,}", "ratio": ratio, "met": ratio <= TOLERANCE})
    for part, x, file in (
        ("open", "open alerts", "scale-open.svg"),
        ("teams", "teams", "scale-teams.svg"),
        ("labels", "labels of an alert", "scale-labels.svg"),
    ):
        lines = {name: [(n, each) for n, each, _ in points] for name, points in curves(result).items() if name.startswith(part)}
        if lines:
            result["series"].append(
                {
                    "file": file,
                    "title": f"Processor time of an alert by {x}",
                    "x": x,
                    "y": "µs (grouper and PostgreSQL)",
                    "lines": lines,
                    "log": part != "labels",
                }
            )
    if found := result.get("instances"):
        first = found[0]["alerts_per_second"]
        result["instances_met"] = all(
            one["deadlocks"] == 0 and one["lock_waits"] == 0 and one["alerts_per_second"] >= first / TOLERANCE for one in found
        )


def markdown(result: dict) -> str:
    versions = ", ".join(f"{name} {text}" for name, text in result["machine"]["versions"].items())
    lines = [
        f"Taken {result['taken']}, commit {result['machine']['commit']}, with `{result['command']}`, {result['alerts']:,} alerts a "
        "measurement, medians of "
        f"{result['rounds']}, on {result['machine']['cores']} cores of {result['machine']['processor']} (load before the run "
        f"{result['machine']['load_before']:.2f}). {versions}.",
        "",
    ]
    if result.get("instances"):
        lines += [
            "| groupers over 32 partitions | alerts/s | processor time an alert | deadlocks | lock waits over 10 ms |",
            "|---|---|---|---|---|",
        ]
        lines += [
            ROW.format(one["instances"], f"{one['alerts_per_second']:,.0f}", parts(one), one["deadlocks"], waits(one))
            for one in result["instances"]
        ]
        lines.append("")
    if result.get("open"):
        lines += [f"Open alerts with `shared_buffers` {result['shared_buffers']}:", ""]
        lines += ["| open alerts | a new alert | a repeat | an expiry | new alerts/s |", "|---|---|---|---|---|"]
        lines += [
            ROW.format(
                f"{one['open']:,}",
                parts(one["new"]),
                parts(one["repeats"]),
                parts(one["expiry"]),
                f"{one['new']['alerts_per_second']:,.0f}",
            )
            for one in result["open"]
        ]
        lines.append("")
    for part in ("teams", "labels"):
        if result.get(part):
            lines += [f"| {part} | processor time an alert | alerts/s |", "|---|---|---|"]
            lines += [f"| {one[part]:,} | {parts(one)} | {one['alerts_per_second']:,.0f} |" for one in result[part]]
            lines.append("")
    if result["fits"]:
        lines += ["| growth | of what n log n allows | |", "|---|---|---|"]
        lines += [f"| {fit['what']} | {fit['ratio']:.2f} | {'met' if fit['met'] else '**not met**'} |" for fit in result["fits"]]
    return "\n".join(lines)


def waits(one: dict) -> str:
    """How many, and for what."""
    kinds = collections.Counter(one["waited_for"])
    return "; ".join([str(one["lock_waits"]), *(f"{count} {kind}" for kind, count in kinds.most_common())])


def parts(one: dict) -> str:
    return f"PostgreSQL {one['postgres_us']:,.0f} µs, grouper {one['grouper_us']:,.0f} µs"


def write(docs: pathlib.Path, text: str, result: dict) -> None:
    """Into docs/performance.md, and the figures beside it: Tests/Benchmarks/run reads them for its table of goals."""
    drawn = charts.draw({"scale": result}, docs / "performance")
    page = docs / "performance.md"
    images = [f"![{title}](performance/{name})" for name, title in drawn]
    page.write_text(document.replaced(page.read_text(), "\n\n".join([text, *images]), BEGIN, END))
    kept = {name: result[name] for name in ("fits", "instances", "instances_met", "taken") if name in result}
    (docs / "performance" / "scale.json").write_text(json.dumps(kept, indent=2) + "\n")
