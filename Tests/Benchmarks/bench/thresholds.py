"""Counts against what was committed. A count may be so much higher before it fails; lower ones are told, so that they can be kept."""

# Share of the committed count. Another patch release of the compiler moves counts by some percent.
SLACK = 0.10
# Of allocations an item: a table that grows once in many rounds is no change.
LEAST_ALLOCATIONS = 0.05
KINDS = ("instructions", "allocations")


def rounded(measured: dict) -> dict:
    return {
        name: {"item": one["item"], "instructions": round(one["instructions"]), "allocations": round(one["allocations"], 2)}
        for name, one in measured.items()
    }


def scaled(committed: dict, factor: float) -> dict:
    return {name: {**one, **{kind: one[kind] * factor for kind in KINDS}} for name, one in committed.items()}


def limit(committed: dict, kind: str) -> float:
    return committed[kind] * (1 + SLACK) + (LEAST_ALLOCATIONS if kind == "allocations" else 0)


def exceeded(measured: dict, committed: dict) -> list:
    """A sentence for each count that is too high and each function that only one side knows."""
    faults = [f"{name}: not in counts.json" for name in measured.keys() - committed.keys()]
    faults += [f"{name}: not measured" for name in committed.keys() - measured.keys()]
    for name in sorted(measured.keys() & committed.keys()):
        one, other = measured[name], committed[name]
        for kind in KINDS:
            if one[kind] > limit(other, kind):
                faults.append(f"{name}: {one[kind]:,.2f} {kind} a {one['item']}, {other[kind]:,.2f} were committed (+{SLACK:.0%} allowed)")
    return faults


def table(measured: dict, committed: dict) -> str:
    lines = ["| function | item | instructions | committed | allocations | committed |", "|---|---|---|---|---|---|"]
    for name, one in measured.items():
        other = committed.get(name, dict.fromkeys(KINDS, float("nan")))
        lines.append(
            f"| {name} | {one['item']} | {one['instructions']:,.0f} | {other['instructions']:,.0f} "
            f"| {one['allocations']:.2f} | {other['allocations']:.2f} |"
        )
    lower = [name for name, one in measured.items() if name in committed and one["instructions"] < committed[name]["instructions"] * 0.9]
    if lower:
        lines += ["", f"Much lower than committed: {', '.join(lower)}. Keep it: Tests/Benchmarks/counts --write."]
    return "\n".join(lines)
