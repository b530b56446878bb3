"""What a run prints."""

from .checker import TITLES

COLUMNS = ("accepted", "incidents", "deliveries", "lost", "duplicated", "in doubt", "resent", "dead", "wrong")


def header() -> str:
    return f"{'seed':>6} " + " ".join(f"{name:>10}" for name in COLUMNS) + f" {'drained in':>11}  verdict"


def row(seed: int, numbers: dict, drained: float, violations: list) -> str:
    verdict = "ok" if not violations else "FAILED " + ",".join(sorted({v.invariant for v in violations}))
    return f"{seed:>6} " + " ".join(f"{numbers[name]:>10}" for name in COLUMNS) + f" {drained:>9.1f} s  {verdict}"


def verdicts(violations: list, remarks: dict) -> list:
    """A line for each invariant, the violations below it."""
    lines = []
    for name, title in TITLES.items():
        mine = [v for v in violations if v.invariant == name]
        state = "holds" if not mine else f"BROKEN {len(mine)} times"
        lines.append(f"  {name:<4} {title}: {remarks.get(name) or state}")
        lines += [f"         {v.category}: {v.text}" for v in mine[:8]]
        if len(mine) > 8:
            lines.append(f"         and {len(mine) - 8} more")
    return lines
