"""The checker finds what it is for: each test damages the evidence of a good run in one way and expects that to be named."""

import copy
import datetime
import pathlib
import re
import uuid

import pytest
from harness import checker, schedule, workload
from harness.evidence import Evidence
from harness.generator import request_name

SLUGS = ["s1-a", "s1-b"]
TEAMS = {slug: str(uuid.uuid5(uuid.NAMESPACE_URL, slug)) for slug in SLUGS}
STARTS, ENDS = "2026-11-21T05:00:00.000007Z", "2026-11-21T05:00:00.000014Z"


def identifier(*words) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, words))))


def good() -> Evidence:
    """Each team has one incident of one alert, which fired and ended, told through a webhook, mail and Slack."""
    found = Evidence(
        stories=[], slugs=SLUGS, answers={}, teams=TEAMS, alerts=[], occurrences=[], incidents=[], events=[], channels=[],
        deliveries=[], dead_letters=[], rollups=[], progress=[], documents=[], arrivals=[])
    for number, slug in enumerate(SLUGS):
        add_story(found, number, slug)
    found.poisoned = [("tocsin.signals", "not json", 1)]
    found.dead_letters = [
        {"consumer_group": "alert-grouper", "topic": "tocsin.signals", "value": b"not json".hex(), "reason": "unfit"}]
    return found


def add_story(found, number, slug):
    name, team, incident = f"s1-{number}", TEAMS[slug], identifier("incident", number)
    fire = workload.Step("fire", 0, (workload.Signal(f"{name}-0", 1, "firing", STARTS, ""),))
    end = workload.Step("resolve", 1, (workload.Signal(f"{name}-0", 1, "resolved", STARTS, ENDS),))
    story = workload.Story(name, number, "alertmanager", "mid", "high", 0, (fire, end))
    found.stories.append(story)
    found.answers |= {request_name(story, fire): "ack", request_name(story, end): "ack"}
    found.alerts.append({
        "team_id": team, "fingerprint": f"{name}-0", "eid": f"{name}-0", "owner": slug, "status": "resolved", "incident_id": incident,
        "grouping_key": f"service={name}", "starts": STARTS})
    found.occurrences.append({
        "team_id": team, "fingerprint": f"{name}-0", "eid": f"{name}-0", "occurrence": 1, "incident_id": incident, "starts": STARTS,
        "ends": ENDS})
    found.incidents.append({
        "id": incident, "team_id": team, "number": number, "title": f"[{slug}/{name}] load", "status": "resolved", "severity": "high",
        "grouping_key": f"service={name}", "labels": {"service": name, "pace": "mid"}, "alert_count": 1, "firing_count": 0, "sequence": 2,
        "reopen_count": 0, "created": 1_000_000, "resolved": 3_500_000, "day": "2026-11-21"})
    for sequence, kind, at in ((1, "opened", 1_000_000), (2, "resolved", 3_500_000)):
        found.events.append({"team_id": team, "incident_id": incident, "sequence": sequence, "kind": kind, "at": at})
    found.rollups.append({
        "team_id": team, "day": "2026-11-21", "service": name, "severity": "high", "open_count": 0, "acknowledged_count": 0,
        "resolved_count": 1, "ack_samples": 0, "ack_milliseconds": 0, "resolve_samples": 1, "resolve_milliseconds": 2500})
    found.documents.append({"team_id": team, "incident_id": incident, "kind": "post-mortem", "version": 1, "sequence": 2})
    for kind in ("webhook", "email", "slack"):
        channel = identifier("channel", number, kind)
        matchers = ['pace=~"slow|mid"'] if kind == "slack" else []
        found.channels.append({"id": channel, "team_id": team, "name": kind, "type": kind, "enabled": True, "matchers": matchers})
        for sequence, word in ((1, "opened"), (2, "resolved")):
            message = identifier("message", number, kind, sequence)
            found.deliveries.append({
                "id": message, "team_id": team, "incident_id": incident, "sequence": sequence, "channel_id": channel, "part": 0,
                "kind": word, "state": "sent", "attempts": 1, "resends": 0, "last_error": None, "provider_id": None})
            found.arrivals.append({
                "channel": kind, "at": slug, "owner": slug, "owners": [slug], "story": name, "kind": word, "time": float(sequence),
                "effective": True, "method": "",
                "id": {"webhook": message, "email": f"<delivery-{message}@example.com>", "slack": ""}[kind]})


def first(rows, **fields):
    return next(row for row in rows if all(row[name] == value for name, value in fields.items()))


def lose_alert(e):
    e.occurrences.pop()


def lose_end(e):
    e.occurrences[0]["ends"] = None


def lose_incident_of_alert(e):
    e.occurrences[0]["incident_id"] = None


def lose_last_word(e):
    e.alerts[0]["status"] = "firing"


def store_twice(e):
    e.occurrences.append({**e.occurrences[0], "occurrence": 2})


def store_phantom(e):
    e.occurrences.append({**e.occurrences[0], "starts": "2026-11-21T06:00:00.000000Z"})


def open_second_incident(e):
    e.incidents.append({**e.incidents[0], "id": identifier("another"), "number": 99, "status": "open", "resolved": None})


def lose_incident(e):
    gone = e.incidents.pop()["id"]
    for rows in (e.events, e.deliveries, e.alerts, e.occurrences, e.documents):
        rows[:] = [row for row in rows if row["incident_id"] != gone]


def miscount_alerts(e):
    e.incidents[0]["alert_count"] = 2


def lose_event(e):
    e.events.remove(first(e.events, sequence=1))


def swap_events(e):
    e.events[0]["kind"], e.events[1]["kind"] = e.events[1]["kind"], e.events[0]["kind"]


def lose_row(e):
    e.deliveries.pop()


def leave_pending(e):
    e.deliveries[0]["state"] = "pending"


def give_up(e):
    e.deliveries[0].update(state="dead", last_error="server_error")


def doubt_idempotent(e):
    e.deliveries[0].update(state="in_doubt", resends=1)
    e.ambiguities = 1


def lose_webhook(e):
    e.arrivals.remove(first(e.arrivals, channel="webhook"))


def refuse_webhook(e):
    first(e.arrivals, channel="webhook")["effective"] = False


def lose_slack(e):
    e.arrivals.remove(first(e.arrivals, channel="slack"))


def double_slack(e):
    e.arrivals.append(dict(first(e.arrivals, channel="slack")))


def double_mail(e):
    e.arrivals.append(dict(first(e.arrivals, channel="email")))


def resend_without_cause(e):
    e.deliveries[0]["resends"] = 1


def lose_document(e):
    e.documents.pop()


def arrive_from_nowhere(e):
    e.arrivals.append({**first(e.arrivals, channel="webhook"), "id": identifier("nobody's")})


def arrive_in_wrong_order(e):
    for arrival in e.arrivals:
        arrival["time"] = -arrival["time"]


def lose_dead_letter(e):
    e.dead_letters.clear()


def change_dead_letter(e):
    e.dead_letters[0]["value"] = b"not jsom".hex()


def put_good_record_aside(e):
    e.dead_letters.append({**e.dead_letters[0], "value": b"{}".hex()})


def miscount_figures(e):
    e.rollups[0]["resolve_milliseconds"] += 1


def grow_without_bound(e):
    e.maxima["notifier"] = (5000, 10, 10)


def crash(e):
    e.unexpected.append("notifier ended by SIGTRAP")


def cross_teams(e):
    e.arrivals[0]["owners"] = [SLUGS[1]]


def store_with_other_team(e):
    e.alerts[0]["owner"] = SLUGS[1]


def never_rest(e):
    e.undrained.append("3 outbox")


def refuse_valid_request(e):
    e.codes["400"] = 1


DAMAGES = [
    (lose_alert, "I1", "lost"), (lose_end, "I1", "lost"), (lose_incident_of_alert, "I1", "lost"), (lose_last_word, "I1", "lost"),
    (store_twice, "I1", "duplicated"), (store_phantom, "I1", "wrong"),
    (open_second_incident, "I2", "duplicated"), (lose_incident, "I2", "lost"), (miscount_alerts, "I2", "wrong"),
    (lose_event, "I2", "lost"), (swap_events, "I2", "wrong"),
    (lose_row, "I3", "lost"), (leave_pending, "I3", "lost"), (give_up, "I3", "lost"), (doubt_idempotent, "I3", "lost"),
    (lose_webhook, "I3", "lost"), (refuse_webhook, "I3", "lost"), (lose_slack, "I3", "lost"),
    (double_slack, "I3", "duplicated"), (double_mail, "I3", "duplicated"), (resend_without_cause, "I3", "wrong"),
    (lose_document, "I3", "lost"),
    (arrive_from_nowhere, "I4", "wrong"), (arrive_in_wrong_order, "I5", "wrong"),
    (lose_dead_letter, "I6", "lost"), (change_dead_letter, "I6", "wrong"), (put_good_record_aside, "I6", "wrong"),
    (miscount_figures, "I7", "wrong"), (grow_without_bound, "I9", "wrong"), (crash, "I9", "wrong"),
    (cross_teams, "I10", "wrong"), (store_with_other_team, "I10", "wrong"),
    (never_rest, "live", "wrong"), (refuse_valid_request, "live", "wrong"),
]


def test_a_good_run_has_no_violation():
    evidence = good()
    assert checker.check(evidence) == []
    assert checker.summary(evidence, [])["accepted"] == 4


@pytest.mark.parametrize("damage, invariant, category", DAMAGES, ids=[damage.__name__ for damage, _, _ in DAMAGES])
def test_damage_is_named(damage, invariant, category):
    evidence = copy.deepcopy(good())
    damage(evidence)
    found = {(v.invariant, v.category) for v in checker.check(evidence)}
    assert (invariant, category) in found


def test_what_was_not_accepted_may_be_missing():
    """UNKNOWN and refused requests may have happened or not; only what was accepted must be there."""
    evidence = good()
    for name in evidence.answers:
        if name.startswith("s1-1/"):
            evidence.answers[name] = "unknown"
    lose_incident(evidence)
    evidence.alerts = [a for a in evidence.alerts if a["eid"] != "s1-1-0"]
    evidence.arrivals = [a for a in evidence.arrivals if a["story"] != "s1-1"]
    evidence.rollups.pop()
    assert checker.check(evidence) == []


def test_a_counted_copy_is_within_the_policy():
    """A message that was resent after a fault may have arrived twice."""
    evidence = good()
    double_slack(evidence)
    arrival = evidence.arrivals[-1]
    slack = {c["id"] for c in evidence.channels if c["type"] == "slack" and c["team_id"] == TEAMS[arrival["at"]]}
    delivery = next(d for d in evidence.deliveries if d["channel_id"] in slack and d["kind"] == arrival["kind"])
    delivery["resends"] = 1
    evidence.ambiguities = 1
    assert checker.check(evidence) == []


def test_a_seed_says_all():
    """The same seed makes the same workload and the same faults; another one makes others."""
    base = datetime.datetime(2026, 11, 21, 5)
    assert workload.workload(7, 25, 2, base=base) == workload.workload(7, 25, 2, base=base)
    assert schedule.schedule(7, 25) == schedule.schedule(7, 25)
    assert schedule.schedule(7, 25) != schedule.schedule(8, 25)


def test_twenty_seeds_use_every_kind_of_fault():
    kinds = {fault.kind for seed in range(1, 21) for fault in schedule.schedule(seed, 25)}
    assert kinds == set(schedule.KINDS)


def test_crash_points_are_the_programs():
    """Every place that the programs know is aimed at."""
    source = pathlib.Path(__file__).resolve().parents[2] / "Shared/ServiceKit/Faults/CrashPoint.swift"
    known = set(re.findall(r'case \w+ = "([a-z.]+)"', source.read_text()))
    assert {point for points in schedule.CRASH_POINTS.values() for point in points} == known
