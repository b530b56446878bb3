"""Row writes as PostgreSQL counts them."""

import time


def writes(stack) -> dict:
    """Inserts, updates and deletes of each table since the server's start."""
    rows = stack.rows(
        "SELECT relname AS name, n_tup_ins AS inserted, n_tup_upd AS updated, n_tup_del AS deleted FROM pg_stat_user_tables"
    )
    return {row["name"]: {key: row[key] for key in ("inserted", "updated", "deleted")} for row in rows}


def settled(stack, limit: float = 20.0) -> dict:
    """The counts once they stand still: an idle backend reports what it has counted within ten seconds."""
    deadline = time.monotonic() + limit
    before = writes(stack)
    quiet_since = time.monotonic()
    while time.monotonic() < deadline and time.monotonic() - quiet_since < 10.5:
        time.sleep(0.5)
        now = writes(stack)
        # Loops that only look still move consumer_offsets and such by a row now and then.
        if total(difference(before, now)) > 5:
            quiet_since = time.monotonic()
        before = now
    return before


def difference(before: dict, after: dict) -> dict:
    none = {"inserted": 0, "updated": 0, "deleted": 0}
    changes = {
        name: {key: counts[key] - before.get(name, none)[key] for key in counts} for name, counts in after.items()
    }
    return {name: counts for name, counts in changes.items() if any(counts.values())}


def total(changes: dict) -> int:
    return sum(sum(counts.values()) for counts in changes.values())
