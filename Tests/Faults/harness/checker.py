"""Judges the evidence of a run by the invariants I1 to I10. Pure: values in, violations out, so that it can be tested to find faults."""

import collections
import dataclasses
import re

from .evidence import Evidence
from .generator import request_name
from .ledger import ACK

LOST, DUPLICATED, WRONG = "lost", "duplicated", "wrong"
TITLES = {
    "I1": "each accepted alert is stored once, none that was never sent",
    "I2": "one incident for a group, its counts and events agree",
    "I3": "each message has one row in a final state and one effect",
    "I4": "nothing arrives without a row",
    "I5": "a receiver hears of the opening before the end",
    "I6": "dead letters are the injected poison, byte for byte",
    "I7": "the figures equal their recomputation",
    "I8": "the audit chain verifies",
    "I9": "memory, descriptors and threads are bounded, nothing crashes",
    "I10": "nothing crosses teams",
    "verify": "tocsin verify agrees",
    "live": "everything accepted and at rest in time after the faults",
}
# Receivers by which a copy is recognised: a second arrival with the same id is no second message.
IDEMPOTENT = ("webhook", "email")
# Channels whose messages are never left in doubt: sent until there is an answer.
SENT_UNTIL_ANSWERED = ("webhook",)
# Channels that tell events one by one; slack-bot edits and is judged by its ids alone.
TOLD_BY_EVENT = ("webhook", "email", "slack", "telegram")
FINAL = ("sent", "dead", "in_doubt", "suppressed")
CONSUMERS_OF = {"tocsin.signals": 1, "tocsin.incidents": 3, "tocsin.commands": 1}


@dataclasses.dataclass(frozen=True)
class Violation:
    invariant: str
    category: str
    text: str


def check(evidence: Evidence) -> list:
    """Every violation found, in order of the invariants."""
    found = []
    for judge in (_i1, _i2, _i3, _i4, _i5, _i6, _i7, _i9, _i10, _live):
        found.extend(judge(evidence, _Index(evidence)))
    return found


def summary(evidence: Evidence, violations: list) -> dict:
    """The numbers of the table."""
    index = _Index(evidence)
    accepted = sum(len(step.signals) for story, step in index.steps() if evidence.answers.get(request_name(story, step)) == ACK)
    count = collections.Counter(v.category for v in violations)
    states = collections.Counter(d["state"] for d in evidence.deliveries)
    return {
        "accepted": accepted, "incidents": len(evidence.incidents), "deliveries": len(evidence.deliveries),
        "lost": count[LOST], "duplicated": count[DUPLICATED], "in doubt": states["in_doubt"],
        "resent": sum(d["resends"] for d in evidence.deliveries), "dead": states["dead"], "wrong": count[WRONG],
    }


def in_doubt(evidence: Evidence) -> list:
    """A line for each message of which nobody knows whether it arrived."""
    index = _Index(evidence)
    return [
        f"in doubt: {index.type_of(d)} message {d['id']}, {d['kind']} of #{index.incident[d['incident_id']]['number']}, sent "
        f"{d['attempts']} times, {d['last_error']}"
        for d in evidence.deliveries if d["state"] == "in_doubt"
    ]


class _Index:
    """The evidence, looked up by what belongs together."""

    def __init__(self, evidence: Evidence):
        self.evidence = evidence
        self.slug_of = {team: slug for slug, team in evidence.teams.items()}
        self.incident = {i["id"]: i for i in evidence.incidents}
        self.events = collections.defaultdict(list)
        for event in evidence.events:
            self.events[event["incident_id"]].append(event)
        self.channel = {c["id"]: c for c in evidence.channels}
        self.incidents_of = collections.defaultdict(list)
        for incident in evidence.incidents:
            self.incidents_of[self.slug_of[incident["team_id"]], incident["labels"].get("service")].append(incident)
        self.arrivals_by_id = collections.defaultdict(list)
        for arrival in evidence.arrivals:
            if arrival["effective"] and arrival["id"]:
                self.arrivals_by_id[arrival["channel"], delivery_id(arrival)].append(arrival)

    def steps(self):
        return ((story, step) for story in self.evidence.stories for step in story.steps)

    def owner(self, story) -> str:
        return self.evidence.slugs[story.team]

    def type_of(self, delivery) -> str:
        return self.channel[delivery["channel_id"]]["type"]


def delivery_id(arrival) -> str:
    """Of a webhook's or a Slack message's id, or of a Message-ID `<delivery-ID@domain>`."""
    return re.sub(r"^<delivery-|@.*$", "", arrival["id"]).lower()


# -- I1


def _i1(evidence, index):
    occurrences = collections.defaultdict(list)
    for row in evidence.occurrences:
        occurrences[index.slug_of[row["team_id"]], row["eid"], row["starts"]].append(row)
    status = {(index.slug_of[a["team_id"]], a["eid"]): a for a in evidence.alerts}
    sent = set()
    last = {}
    for story, step in index.steps():
        answer = evidence.answers.get(request_name(story, step))
        if answer is None:
            continue
        owner = index.owner(story)
        for signal in step.signals:
            key = owner, signal.eid, signal.starts
            sent.add(key)
            found = occurrences.get(key, [])
            if len(found) > 1:
                yield Violation("I1", DUPLICATED, f"{signal.eid} start {signal.starts} is stored {len(found)} times")
            if answer != ACK:
                last[owner, signal.eid] = None
                continue
            never_fired = any(other.kind == "early-resolve" for other in story.steps)
            if step.kind != "late-fire":
                yield from _stored(signal, found, step, story, status.get((owner, signal.eid)), never_fired)
                if last.get((owner, signal.eid), "") is not None:
                    last[owner, signal.eid] = signal.status
    for (owner, eid), expected in last.items():
        alert = status.get((owner, eid))
        if expected and alert and alert["status"] != expected:
            yield Violation("I1", LOST, f"{eid} is {alert['status']}, its last accepted word was {expected}")
    for key in occurrences:
        if key not in sent:
            yield Violation("I1", WRONG, f"phantom: {key[1]} of {key[0]}, start {key[2]}, was never sent")
    for owner, eid in status:
        if eid is None or not any(eid == other and owner == at for at, other, _ in sent):
            yield Violation("I1", WRONG, f"phantom: alert {eid} of {owner} was never sent")


def _stored(signal, found, step, story, alert, never_fired):
    if never_fired:
        if alert is None:
            yield Violation("I1", LOST, f"{signal.eid} ({step.kind} of {story.name}) was accepted and is not stored")
        return
    if not found:
        yield Violation("I1", LOST, f"{signal.eid} ({step.kind} of {story.name}, start {signal.starts}) was accepted and is not stored")
    elif found[0]["incident_id"] is None:
        yield Violation("I1", LOST, f"{signal.eid} of {story.name} belongs to no incident")
    elif signal.status == "resolved" and found[0]["ends"] != signal.ends:
        yield Violation("I1", LOST, f"the end of {signal.eid} ({signal.ends}) was accepted; stored is {found[0]['ends']}")


# -- I2


def _i2(evidence, index):
    yield from _incident_numbers(evidence, index)
    for incident in evidence.incidents:
        yield from _counts(evidence, index, incident)
        yield from _history(index, incident)
    yield from _acknowledgements(evidence, index)


def _incident_numbers(evidence, index):
    for story in evidence.stories:
        found = index.incidents_of[index.owner(story), story.name]
        fires = [step for step in story.steps if step.kind == "fire"]
        answers = [evidence.answers.get(request_name(story, step)) for step in fires]
        if len(found) > 1:
            yield Violation("I2", DUPLICATED, f"{story.name} became {len(found)} incidents")
        if ACK in answers and not found:
            yield Violation("I2", LOST, f"{story.name} was accepted and is no incident")
        if found and not any(answers):
            yield Violation("I2", WRONG, f"{story.name} is an incident and never fired")
    open_groups = collections.Counter((i["team_id"], i["grouping_key"]) for i in evidence.incidents if i["status"] != "resolved")
    for (_, key), count in open_groups.items():
        if count > 1:
            yield Violation("I2", DUPLICATED, f"{count} open incidents of {key}")


def _counts(evidence, index, incident):
    name = f"incident #{incident['number']}"
    alerts = {o["eid"] for o in evidence.occurrences if o["incident_id"] == incident["id"]}
    firing = sum(1 for a in evidence.alerts if a["incident_id"] == incident["id"] and a["status"] == "firing")
    if incident["alert_count"] != len(alerts):
        yield Violation("I2", WRONG, f"{name} counts {incident['alert_count']} alerts, {len(alerts)} are stored")
    if incident["firing_count"] != firing:
        yield Violation("I2", WRONG, f"{name} counts {incident['firing_count']} firing alerts, {firing} are stored")
    if (incident["status"] == "resolved") != (firing == 0):
        yield Violation("I2", WRONG, f"{name} is {incident['status']} with {firing} alerts firing")


def _history(index, incident):
    name = f"incident #{incident['number']}"
    events = sorted(index.events[incident["id"]], key=lambda e: e["sequence"])
    if [e["sequence"] for e in events] != list(range(1, incident["sequence"] + 1)):
        yield Violation("I2", LOST, f"{name} has events {[e['sequence'] for e in events]} of {incident['sequence']}")
        return
    status = None
    allowed = {
        None: {"opened": "open"}, "open": {"updated": "open", "acknowledged": "acknowledged", "resolved": "resolved"},
        "acknowledged": {"updated": "acknowledged", "resolved": "resolved"}, "resolved": {"reopened": "open", "updated": "resolved"},
    }
    for event in events:
        if event["kind"] not in allowed[status]:
            yield Violation("I2", WRONG, f"{name}: {event['kind']} after {status}")
            return
        status = allowed[status][event["kind"]]
    if status != incident["status"]:
        yield Violation("I2", WRONG, f"{name} is {incident['status']}, its events say {status}")


def _acknowledgements(evidence, index):
    for story, step in index.steps():
        if step.kind != "acknowledge" or (answer := evidence.answers.get(request_name(story, step))) is None:
            continue
        events = [e for i in index.incidents_of[index.owner(story), story.name] for e in index.events[i["id"]]]
        count = sum(1 for event in events if event["kind"] == "acknowledged")
        if count > 1:
            yield Violation("I2", DUPLICATED, f"{story.name} was acknowledged {count} times")
        if answer == ACK and count == 0:
            yield Violation("I2", LOST, f"the acknowledgement of {story.name} was accepted and is not stored")


# -- I3


def _i3(evidence, index):
    yield from _rows(evidence, index)
    for delivery in evidence.deliveries:
        yield from _state(index, delivery)
    yield from _effects_by_id(evidence, index)
    yield from _effects_by_text(evidence, index)
    yield from _documents(evidence, index)
    resends = sum(d["resends"] for d in evidence.deliveries)
    if resends > evidence.ambiguities:
        yield Violation("I3", WRONG, f"{resends} messages were resent, the faults explain {evidence.ambiguities}")


def tells(channel, incident) -> bool:
    """Whether the channel's matchers take the incident; those of this harness only: name="value" and name=~"value|value"."""
    for matcher in channel["matchers"]:
        name, operator, values = re.fullmatch(r'(\w+)(=~?)"([^"]*)"', matcher).groups()
        if incident["labels"].get(name) not in (values.split("|") if operator == "=~" else [values]):
            return False
    return True


def _rows(evidence, index):
    """The plan, made anew: each event that a channel tells of has a row, and there is none else."""
    rows = collections.Counter((d["incident_id"], d["sequence"], d["channel_id"], d["part"]) for d in evidence.deliveries)
    for key, count in rows.items():
        if count > 1:
            yield Violation("I3", DUPLICATED, f"{count} rows for event {key[1]} of incident {key[0]}")
    planned = {key[:3] for key in rows}
    for incident in evidence.incidents:
        for channel in evidence.channels:
            if channel["team_id"] != incident["team_id"] or not tells(channel, incident):
                continue
            for event in index.events[incident["id"]]:
                is_planned = (incident["id"], event["sequence"], channel["id"]) in planned
                if event["kind"] != "updated" and not is_planned:
                    yield Violation(
                        "I3", LOST, f"#{incident['number']} event {event['sequence']} ({event['kind']}) has no row for {channel['name']}")
                if event["kind"] == "updated" and is_planned and channel["type"] != "slack-bot":
                    yield Violation("I3", WRONG, f"#{incident['number']}: a change of its alerts is told to {channel['name']}")


def _state(index, delivery):
    name = f"message {delivery['id']} ({index.type_of(delivery)}, {delivery['kind']})"
    if delivery["state"] not in FINAL:
        yield Violation("I3", LOST, f"{name} is {delivery['state']}: {delivery['last_error']}")
    if delivery["state"] == "dead":
        yield Violation("I3", LOST, f"{name} was given up: {delivery['last_error']}")
    if delivery["state"] == "in_doubt" and (index.type_of(delivery) in SENT_UNTIL_ANSWERED or delivery["resends"] == 0):
        yield Violation("I3", LOST, f"{name} is in doubt, which its channel's policy does not allow")
    if delivery["state"] == "suppressed" and not delivery["last_error"]:
        yield Violation("I3", LOST, f"{name} was suppressed without a reason")


def _effects_by_id(evidence, index):
    """Channels whose messages carry the row's id: nothing sent is missing, and no copy is uncounted."""
    for delivery in evidence.deliveries:
        kind = index.type_of(delivery)
        if kind not in IDEMPOTENT + ("slack-bot",):
            continue
        arrivals = index.arrivals_by_id[kind, delivery["id"].lower()]
        name = f"{kind} message {delivery['id']} ({delivery['kind']} of #{index.incident[delivery['incident_id']]['number']})"
        if delivery["state"] == "sent" and not arrivals:
            yield Violation("I3", LOST, f"{name} is sent and never arrived")
        posts = [a for a in arrivals if a["method"] != "chat.update"]
        if len(posts) > 1 + delivery["resends"]:
            yield Violation("I3", DUPLICATED, f"{name} arrived {len(posts)} times with {delivery['resends']} resends")


def _effects_by_text(evidence, index):
    """Channels without ids: as many arrivals of a kind as rows sent, copies only as far as they are counted."""
    rows = collections.defaultdict(list)
    for delivery in evidence.deliveries:
        kind = index.type_of(delivery)
        if kind in ("slack", "telegram"):
            story = index.incident[delivery["incident_id"]]["labels"].get("service")
            rows[kind, story, delivery["kind"]].append(delivery)
    arrived = collections.Counter(
        (a["channel"], a["story"], a["kind"]) for a in evidence.arrivals if a["effective"] and a["channel"] in ("slack", "telegram"))
    for key, deliveries in rows.items():
        sent = sum(1 for d in deliveries if d["state"] == "sent")
        most = sum(1 + d["resends"] for d in deliveries if d["state"] != "suppressed")
        if arrived[key] < sent:
            yield Violation("I3", LOST, f"{key[0]}: {sent} messages '{key[2]}' of {key[1]} are sent, {arrived[key]} arrived")
        if arrived[key] > most:
            yield Violation("I3", DUPLICATED, f"{key[0]}: {arrived[key]} messages '{key[2]}' of {key[1]} arrived, {most} are accounted for")


def _documents(evidence, index):
    """Each resolution has one version of the document."""
    written = collections.Counter((d["incident_id"], d["sequence"]) for d in evidence.documents)
    for event in evidence.events:
        count = written[event["incident_id"], event["sequence"]]
        name = f"the document on event {event['sequence']} of #{index.incident[event['incident_id']]['number']}"
        if event["kind"] == "resolved" and count == 0:
            yield Violation("I3", LOST, f"{name} was not written")
        if count > 1:
            yield Violation("I3", DUPLICATED, f"{name} was written {count} times")


# -- I4, I5


def _i4(evidence, index):
    ids = {d["id"].lower() for d in evidence.deliveries}
    kinds = {
        (index.type_of(d), index.incident[d["incident_id"]]["labels"].get("service"), d["kind"]) for d in evidence.deliveries
    }
    for arrival in evidence.arrivals:
        if arrival["id"]:
            if delivery_id(arrival) not in ids:
                yield Violation("I4", WRONG, f"{arrival['channel']} got {arrival['id']}, which is no row's")
        elif (arrival["channel"], arrival["story"], arrival["kind"]) not in kinds:
            yield Violation("I4", WRONG, f"{arrival['channel']} got '{arrival['kind']}' of {arrival['story']}, which has no row")


def _i5(evidence, index):
    heard = set()
    for arrival in sorted(evidence.arrivals, key=lambda a: a["time"]):
        if arrival["channel"] not in TOLD_BY_EVENT or not arrival["effective"]:
            continue
        key = arrival["channel"], arrival["at"], arrival["story"]
        if arrival["kind"] == "opened":
            heard.add(key)
        elif arrival["kind"] == "resolved" and key not in heard:
            yield Violation("I5", WRONG, f"{key[0]} heard of the end of {key[2]} before its opening")
            heard.add(key)


# -- I6 to I10


def _i6(evidence, index):
    found = collections.Counter((letter["topic"], letter["value"]) for letter in evidence.dead_letters)
    expected = {(topic, value.encode().hex()): attempts for topic, value, attempts in evidence.poisoned}
    for (topic, value), attempts in expected.items():
        groups = CONSUMERS_OF[topic]
        count = found[topic, value]
        text = bytes.fromhex(value)[:60]
        if count < groups:
            yield Violation("I6", LOST, f"poison {text!r} in {topic}: {count} dead letters of {groups}")
        if count > groups * attempts:
            yield Violation("I6", DUPLICATED, f"poison {text!r} in {topic}: {count} dead letters, put there {attempts} times")
    for letter in evidence.dead_letters:
        if (letter["topic"], letter["value"]) not in expected:
            yield Violation("I6", WRONG, f"{letter['consumer_group']} put aside {bytes.fromhex(letter['value'])[:200]!r}: {letter['reason']}")


def _i7(evidence, index):
    cells = collections.defaultdict(collections.Counter)
    for incident in evidence.incidents:
        cell = cells[incident["team_id"], incident["day"], incident["labels"].get("service", ""), incident["severity"]]
        cell[{"open": "open_count", "acknowledged": "acknowledged_count", "resolved": "resolved_count"}[incident["status"]]] += 1
        acknowledged = [e["at"] for e in index.events[incident["id"]] if e["kind"] == "acknowledged"]
        if acknowledged:
            cell["ack_samples"] += 1
            cell["ack_milliseconds"] += (min(acknowledged) - incident["created"]) // 1000
        if incident["resolved"] is not None:
            cell["resolve_samples"] += 1
            cell["resolve_milliseconds"] += (incident["resolved"] - incident["created"]) // 1000
    stored = {(r["team_id"], r["day"], r["service"], r["severity"]): r for r in evidence.rollups}
    for key in sorted(set(cells) | set(stored)):
        row = stored.get(key, {})
        for name in ("open_count", "acknowledged_count", "resolved_count", "ack_samples", "ack_milliseconds", "resolve_samples",
                     "resolve_milliseconds"):
            if row.get(name, 0) != cells[key][name]:
                yield Violation("I7", WRONG, f"{name} of {key[2]} {key[3]}: stored {row.get(name, 0)}, recomputed {cells[key][name]}")


def _i9(evidence, index):
    for service, maxima in evidence.maxima.items():
        for name, value, bound in zip(("RSS in MB", "descriptors", "threads"), maxima, evidence.bounds):
            if value > bound:
                yield Violation("I9", WRONG, f"{service}: {value} {name}, the bound is {bound}")
    for text in evidence.unexpected:
        yield Violation("I9", WRONG, text)


def _i10(evidence, index):
    for alert in evidence.alerts:
        if alert["owner"] != index.slug_of[alert["team_id"]]:
            yield Violation("I10", WRONG, f"an alert of {alert['owner']} is stored with {index.slug_of[alert['team_id']]}")
        incident = index.incident.get(alert["incident_id"])
        if alert["incident_id"] and (incident is None or incident["team_id"] != alert["team_id"]):
            yield Violation("I10", WRONG, f"alert {alert['eid']} belongs to an incident of another team")
    for delivery in evidence.deliveries:
        teams = {delivery["team_id"], index.incident[delivery["incident_id"]]["team_id"], index.channel[delivery["channel_id"]]["team_id"]}
        if len(teams) > 1:
            yield Violation("I10", WRONG, f"message {delivery['id']} crosses teams")
    for arrival in evidence.arrivals:
        strangers = [owner for owner in arrival["owners"] if arrival["at"] and owner != arrival["at"]]
        if strangers:
            yield Violation("I10", WRONG, f"{arrival['channel']} of {arrival['at']} got a message of {strangers[0]}")


def _live(evidence, index):
    for story in evidence.untold:
        yield Violation("live", WRONG, f"the senders of {story} were not accepted in time")
    for text in evidence.undrained:
        yield Violation("live", WRONG, text)
    for code, count in evidence.codes.items():
        if code.startswith("4") and code not in ("409",):
            yield Violation("live", WRONG, f"{count} requests were refused with {code}")
