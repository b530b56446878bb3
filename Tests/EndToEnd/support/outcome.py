"""What must have become of the alerts of a `Traffic`: one incident each, each told once, each resolved one written down."""

import json

from .sinks import SinkServer
from .stack import wait_for
from .traffic import Traffic


def check_all_told_once(traffic: Traffic, sink: SinkServer, path: str, timeout: float = 120) -> None:
    """Waits until everything has arrived, then looks for what is too much."""
    team, accepted = traffic.team, set(traffic.accepted)

    def incidents():
        found = team.stack.rows(
            f"SELECT i.labels->>'service' AS service, i.status FROM incidents i JOIN teams t ON t.id = i.team_id WHERE t.slug = '{team.slug}'"
        )
        resolved = {row["service"] for row in found if row["status"] == "resolved"}
        return found if len(found) >= len(accepted) and resolved >= traffic.resolved else None

    found = wait_for(f"{len(accepted)} incidents, {len(traffic.resolved)} resolved", incidents, timeout, interval=0.3)
    assert sorted(row["service"] for row in found) == sorted(accepted), "an accepted alert is one incident"
    wait_for("every opening is told", lambda: told(sink, path, "incident.opened") >= accepted, timeout, interval=0.3)
    wait_for("every resolution is told", lambda: told(sink, path, "incident.resolved") >= traffic.resolved, timeout, interval=0.3)
    check_no_message_twice(team, sink, path)

    def documents():
        rows = team.stack.rows(
            "SELECT count(*) AS n, count(DISTINCT d.incident_id) AS incidents FROM documents d JOIN teams t ON t.id = d.team_id "
            f"WHERE t.slug = '{team.slug}'"
        )
        return rows[0] if rows[0]["incidents"] >= len(traffic.resolved) else None

    written = wait_for("every resolution is written down", documents, timeout, interval=0.3)
    assert written["n"] == written["incidents"], "one document for each resolution"
    wait_for("the figures are whole", lambda: team.api("GET", "/api/metrics").json["totalIncidents"] == len(accepted), timeout, interval=0.3)
    wait_for("the outbox is empty", lambda: team.stack.rows("SELECT count(*) AS n FROM outbox")[0]["n"] == 0, timeout, interval=0.3)


def told(sink: SinkServer, path: str, kind: str) -> set:
    bodies = [json.loads(arrival.body) for arrival in sink.at(path)]
    return {body["data"]["labels"]["service"] for body in bodies if body["type"] == kind}


def check_no_message_twice(team, sink: SinkServer, path: str) -> None:
    """A message arrives twice only with the same id, and only as often as the ledger has counted a resend."""
    messages = sink.at(path)
    ids = {message.headers["webhook-id"] for message in messages}
    resends = team.stack.rows(
        f"SELECT coalesce(sum(d.resends), 0) AS n FROM deliveries d JOIN teams t ON t.id = d.team_id WHERE t.slug = '{team.slug}'"
    )[0]["n"]
    assert len(messages) - len(ids) <= resends, "a message was sent twice and not counted"
    kinds = [(b["type"], b["data"]["labels"]["service"]) for b in {m.headers["webhook-id"]: json.loads(m.body) for m in messages}.values()]
    assert len(kinds) == len(set(kinds)), "the same thing was told under two ids"
