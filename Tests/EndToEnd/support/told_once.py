"""A team that sends many alerts to one channel, and the check that each became one incident and one message."""

import concurrent.futures
import json

import pytest

from .sinks import SinkServer
from .stack import alert, wait_for, webhook

SECRET = "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def sink(tmp_path):
    with SinkServer(ledger=tmp_path / "arrivals.jsonl") as server:
        yield server


def send_many(team, prefix: str, count: int):
    """One webhook for each of `count` services, several at once; each is tried until it is accepted."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda n: team.send(webhook(alert(f"{prefix}-{n}"))), range(count)))


def check_each_told_once(team, sink, prefix: str, count: int, path: str):
    """Exactly one incident and one message for each accepted alert."""

    def complete():
        services = [i["labels"]["service"] for i in team.incidents() if i["labels"]["service"].startswith(prefix + "-")]
        return services if len(set(services)) == count else None

    services = wait_for(f"{count} incidents", complete, timeout=90, interval=0.2)
    assert len(services) == count, "an alert must not become two incidents"
    wait_for("every message has arrived", lambda: len(told(sink, prefix, path)) == count, timeout=90, interval=0.2)
    messages = sink.at(path)
    resends = team.stack.rows(
        "SELECT coalesce(sum(d.resends), 0) AS n FROM deliveries d JOIN teams t ON t.id = d.team_id "
        f"WHERE t.slug = '{team.slug}'"
    )[0]["n"]
    twice = len(messages) - len({m.headers["webhook-id"] for m in messages})
    assert twice <= resends, "a message goes out twice only with the same id, after a crash in the middle of sending, and is counted"


def told(sink, prefix, path):
    bodies = [json.loads(m.body) for m in sink.at(path)]
    services = {b["data"]["labels"]["service"] for b in bodies if b["type"] == "incident.opened"}
    return [service for service in services if service.startswith(prefix + "-")]
