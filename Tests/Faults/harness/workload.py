"""What the senders will say, decided by the seed alone: stories of incidents, each step of which waits for the one before.

Each alert carries the labels `eid` (unique in the run), `owner` (its team) and `pace` (which channels tell of it), and its incident's title
begins with `[team/story]`, so that whatever arrives anywhere can be traced to what was sent.
"""

import dataclasses
import datetime
import random

SOURCES = ("alertmanager", "alertmanager", "alertmanager", "generic", "cloudevents")


@dataclasses.dataclass(frozen=True)
class Signal:
    """One alert in one state: what an accepted request must have made true."""

    eid: str
    occurrence: int  # from 1: the how manieth start of this alert
    status: str  # firing or resolved
    starts: str
    ends: str  # empty while firing


@dataclasses.dataclass(frozen=True)
class Step:
    kind: str  # fire, repeat, resolve, early-resolve, acknowledge
    pause: float  # seconds after the step before
    signals: tuple = ()
    copies: int = 1  # the same request so often at once
    patient: bool = True  # tries again until it is accepted


@dataclasses.dataclass(frozen=True)
class Story:
    """All that happens to one incident."""

    name: str
    team: int
    source: str
    pace: str  # fast, mid or slow: how many channels are told
    severity: str
    start: float  # seconds after the beginning of the run
    steps: tuple


class _Clock:
    """Times of alerts: all different, whole microseconds, before the run."""

    def __init__(self, base):
        self._next = base

    def tick(self) -> str:
        self._next += datetime.timedelta(microseconds=7)
        return self._next.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def workload(seed: int, duration: float, rate: float, teams: int = 2, base=None) -> list:
    """Stories that begin within the duration, about `rate` a second in all. `base`: the time that alerts begin after."""
    r = random.Random(f"workload {seed}")
    base = base or datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=120)
    clock = _Clock(base)
    stories = []
    for number in range(max(teams, round(duration * rate))):
        # Telegram takes 20 messages a minute and Slack 60: few stories are told there.
        pace = "slow" if number % 24 < teams else "mid" if number % 9 < teams else "fast"
        name = f"s{seed}-{number}"
        story = Story(
            name=name, team=number % teams, source=r.choice(SOURCES), pace=pace, severity=r.choice(("critical", "high", "low")),
            start=round(r.uniform(0, max(1.0, duration - 5)), 2), steps=tuple(_steps(name, r, clock)))
        stories.append(story)
    return sorted(stories, key=lambda story: story.start)


def _steps(name, r, clock):
    eids = [f"{name}-{n}" for n in range(r.choice((1, 1, 2, 3, 8)))]
    shape = r.choices(("plain", "growing", "acknowledged", "again", "open", "impatient", "backwards"), (5, 4, 3, 3, 2, 2, 1))[0]
    begun = {}

    def fire(group, occurrence=1):
        for eid in group:
            begun[eid] = clock.tick()
        return tuple(Signal(eid, occurrence, "firing", begun[eid], "") for eid in group)

    def end(group, occurrence=1):
        return tuple(Signal(eid, occurrence, "resolved", begun[eid], clock.tick()) for eid in group)

    def pause():
        return round(r.uniform(0.1, 3.0), 2)

    copies = r.choice((1, 1, 1, 3))
    first = fire(eids)
    if shape == "impatient":
        return [Step("fire", 0, first, patient=False)]
    if shape == "open":
        return [Step("fire", 0, first, copies), Step("repeat", pause(), first)]
    if shape == "backwards":
        ended = end(eids)
        return [Step("early-resolve", 0, ended), Step("late-fire", pause(), first)]
    if shape == "growing":
        half = len(eids) // 2
        more = fire([f"{name}-x{n}" for n in range(r.randint(1, 4))])
        rest = eids[half:] + [signal.eid for signal in more]
        steps = [Step("fire", 0, first, copies), Step("fire", pause(), more), Step("repeat", pause(), first + more)]
        if half:
            steps.append(Step("resolve", pause(), end(eids[:half])))
        return steps + [Step("resolve", pause(), end(rest))]
    steps = [Step("fire", 0, first, copies)]
    if shape == "acknowledged":
        steps.append(Step("acknowledge", pause()))
    steps.append(Step("resolve", pause(), end(eids), copies))
    if shape == "again":
        steps.append(Step("fire", pause(), fire(eids, 2)))
        if r.random() < 0.5:
            steps.append(Step("resolve", pause(), end(eids, 2)))
    return steps


def body(story: Story, owner: str, step: Step):
    """Path, content type and body of the request for one step."""
    labels = {"alertname": "Load", "service": story.name, "owner": owner, "pace": story.pace, "severity": story.severity}
    title = f"[{owner}/{story.name}] load"
    if story.source == "alertmanager":
        alerts = [
            {
                "status": s.status, "labels": {**labels, "instance": s.eid, "eid": s.eid}, "annotations": {"summary": title},
                "startsAt": s.starts, "endsAt": s.ends or "0001-01-01T00:00:00Z", "fingerprint": s.eid,
                "generatorURL": "http://prometheus.example/graph",
            }
            for s in step.signals
        ]
        return "/api/webhooks/alertmanager", "application/json", {"version": "4", "groupKey": "{}", "status": "firing", "alerts": alerts}
    alerts = [
        {
            "title": title, "status": s.status, "severity": story.severity, "dedup_key": s.eid, "labels": {**labels, "eid": s.eid},
            "startsAt": s.starts, **({"endsAt": s.ends} if s.ends else {}),
        }
        for s in step.signals
    ]
    if story.source == "generic":
        return "/api/webhooks/generic", "application/json", {"alerts": alerts}
    events = [
        {
            "specversion": "1.0", "id": f"{s.eid}-{s.occurrence}-{s.status}", "source": "/load", "type": "load.alert", "subject": title,
            "data": alert,
        }
        for s, alert in zip(step.signals, alerts)
    ]
    return "/api/webhooks/cloudevents", "application/cloudevents-batch+json", events
