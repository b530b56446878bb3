"""Which faults strike when: decided by the seed alone, before anything runs."""

import dataclasses
import random

SERVICES = ("ingest-gateway", "alert-grouper", "notifier", "metrics-aggregator", "doc-publisher", "console")
CONSUMERS = ("alert-grouper", "notifier", "metrics-aggregator", "doc-publisher")

_BATCH = ("batch.written", "batch.committed")
_OUTBOX = ("outbox.published", "relay.published")
# The places in each program where a crash between two external effects can be asked for (Shared/ServiceKit/Faults/CrashPoint.swift).
CRASH_POINTS = {
    "ingest-gateway": ("gateway.produced", "gateway.acknowledged", "gateway.answered", "spool.stored", "spool.published"),
    "alert-grouper": _BATCH + _OUTBOX + ("facts.committed",),
    "notifier": _BATCH + _OUTBOX + ("facts.committed", "delivery.claimed", "delivery.sent", "delivery.recorded"),
    "metrics-aggregator": _BATCH,
    "doc-publisher": _BATCH + _OUTBOX + ("facts.committed", "document.claimed", "document.written"),
    "console": ("facts.committed", "outbox.published"),
}
POISON = ("not json", '{"teamId":', "[1,2", '{"kind":"opened"}', "\x00\x01 bytes", "[" * 200, '{"a":"' + "x" * 5000 + '"}')


@dataclasses.dataclass(frozen=True)
class Fault:
    """One fault: when it begins, in seconds after the first request, what it is, and its arguments."""

    at: float
    kind: str
    arguments: dict

    def __str__(self):
        words = " ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.kind} {words}".strip()[:100]


def _kill(r):
    return {"service": r.choice(SERVICES)}


def _crash(r):
    service = r.choice(tuple(CRASH_POINTS))
    return {"service": service, "point": r.choice(CRASH_POINTS[service]), "passing": r.randint(1, 6)}


def _pause(r):
    return {"service": r.choice(SERVICES), "seconds": round(r.choice((1.0, 3.0, 12.0)) * r.uniform(0.8, 1.2), 1)}


def _errors(r):
    api, codes = r.choice((
        ("produce", ("NOT_LEADER_FOR_PARTITION", "NOT_ENOUGH_REPLICAS", "REQUEST_TIMED_OUT")),
        ("fetch", ("NOT_LEADER_FOR_PARTITION", "UNKNOWN_TOPIC_OR_PART")),
        ("heartbeat", ("REBALANCE_IN_PROGRESS", "UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION")),
        ("joingroup", ("COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR", "COORDINATOR_LOAD_IN_PROGRESS")),
        ("offsetcommit", ("ILLEGAL_GENERATION", "COORDINATOR_NOT_AVAILABLE")),
        ("findcoordinator", ("COORDINATOR_NOT_AVAILABLE",)),
    ))
    return {"api": api, "code": r.choice(codes), "count": r.choice((1, 3, 20))}


def _sinks(r):
    answer = r.choice(("500", "429", "hang", "reset", "lost", "slow"))
    channel = r.choice(("webhook", "slack", "slack-bot", "telegram", "email"))
    return {"channel": channel, "answer": answer, "share": r.choice((0.3, 1.0)), "seconds": round(r.uniform(2, 6), 1)}


def _proxy(r):
    return {"how": r.choice(("latency", "reset", "blackhole", "slice", "cut")), "seconds": round(r.uniform(1, 4), 1)}


def _seconds(low, high):
    return lambda r: {"seconds": round(r.uniform(low, high), 1)}


# kind -> (weight, arguments of one). The weights favour what is cheap to recover from, so that a short run sees many faults.
KINDS = {
    "kill": (5, _kill),
    "kill-all": (1, lambda r: {}),
    "crash": (8, _crash),
    "pause": (3, _pause),
    "broker-down": (2, _seconds(1, 6)),
    "broker-slow": (1, lambda r: {"milliseconds": r.choice((200, 1000, 2000)), "seconds": round(r.uniform(2, 4), 1)}),
    "broker-errors": (4, _errors),
    "leader": (2, lambda r: {"topic": r.choice(("tocsin.signals", "tocsin.incidents")), "seconds": round(r.uniform(1, 4), 1)}),
    "coordinator": (1, lambda r: {"group": r.choice(CONSUMERS)}),
    "postgres-stop": (2, lambda r: {"mode": r.choice(("fast", "immediate")), "seconds": round(r.uniform(0.5, 4), 1)}),
    "postgres-terminate": (2, lambda r: {}),
    "postgres-lock": (2, lambda r: {"table": r.choice(("incidents", "deliveries", "outbox", "consumer_offsets")),
                                    "seconds": round(r.uniform(1, 6), 1)}),
    "postgres-net": (3, _proxy),
    "sinks": (5, _sinks),
    "sinks-net": (1, _proxy),
    "rebalance": (3, lambda r: {"service": r.choice(CONSUMERS), "seconds": round(r.uniform(2, 6), 1),
                                "end": r.choice(("term", "kill"))}),
    "restart": (1, lambda r: {}),
    "poison": (2, lambda r: {"topic": r.choice(("tocsin.signals", "tocsin.incidents")), "value": r.choice(POISON)}),
    "copies": (2, lambda r: {"topic": r.choice(("tocsin.signals", "tocsin.incidents")), "count": r.randint(5, 40)}),
}
SECONDS_PER_FAULT = 2.5


def schedule(seed: int, duration: float, kinds=None) -> list:
    """The faults of a run, in order of time. `kinds` restricts them to some."""
    r = random.Random(f"faults {seed}")
    names = list(kinds or KINDS)
    weights = [KINDS[name][0] for name in names]
    count = max(3, round(duration / SECONDS_PER_FAULT))
    times = sorted(round(r.uniform(1.0, max(2.0, duration - 2.0)), 2) for _ in range(count))
    faults = []
    for at in times:
        kind = r.choices(names, weights)[0]
        faults.append(Fault(at, kind, KINDS[kind][1](r)))
    return faults
