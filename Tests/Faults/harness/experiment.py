"""One run: faults on, then heal, drain, and judge."""

import dataclasses
import json
import pathlib
import time

from support.stack import wait_for

from . import checker, evidence, report, workload
from .generator import Generator
from .injection import Injection
from .ledger import ClientLedger
from .schedule import schedule
from .site import Site
from .supervisor import Bounds
from .timeline import Timeline

# How long senders and the system have to come to rest after the last fault.
DRAIN_SECONDS = 120.0
# Exit code of `tocsin verify` when messages are in doubt and nothing else is wrong.
VERIFY_ONLY_DOUBT = 3
STORIES_PER_SECOND = 3.0


@dataclasses.dataclass
class Outcome:
    seed: int
    numbers: dict
    violations: list
    remarks: dict
    drained: float  # seconds from the last fault to rest
    timeline: list
    crash_points: list
    notes: list


def run(site: Site, folder: pathlib.Path, seed: int, duration: float, kinds=None, rate: float = STORIES_PER_SECOND) -> Outcome:
    """Runs one seed on the site, with everything it leaves in `folder`."""
    folder.mkdir(parents=True)
    timeline = Timeline(folder / "timeline.txt")
    ledger = ClientLedger(folder / "answers.jsonl")
    site.begin(folder, seed, timeline)
    try:
        site.supervisor.start_all()
        site.supervisor.wait_ready()
        teams = site.make_teams(seed)
        stories = workload.workload(seed, duration, rate)
        generator = Generator(stories, teams, site.stack.gateway, site.stack.console, ledger, seed)
        injection = Injection(site, schedule(seed, duration, kinds), seed)
        timeline.begin()
        generator.start()
        injection.start()
        time.sleep(duration)
        injection.heal()
        timeline.note("all faults are over")
        healed = time.monotonic()
        untold, undrained = _drain(site, generator, teams)
        drained = time.monotonic() - healed
        timeline.note("everything is at rest" if not undrained else f"not at rest: {'; '.join(undrained)}")
        # Judged at rest, and how the services end is judged, too.
        site.supervisor.stop_all()
        found = _gather(site, teams, stories, ledger, injection, untold, undrained)
        remarks = {"I8": "not yet: there is no audit log"}
        violations = checker.check(found) + _verify(site, teams, folder)
        return Outcome(
            seed, checker.summary(found, violations), violations, remarks, drained, timeline.lines, site.supervisor.crash_points,
            _notes(site, found, ledger, injection))
    finally:
        evidence_path = folder / "evidence.json"
        site.end()
        if "found" in locals():
            evidence.save(found, evidence_path)
        ledger.close()
        timeline.close()


def _drain(site, generator, teams):
    """Waits until the senders are done and nothing is left to do.
    - Returns: stories that were not told, and what is not at rest."""
    deadline = time.monotonic() + DRAIN_SECONDS
    try:
        site.supervisor.wait_ready(DRAIN_SECONDS)
    except TimeoutError as error:
        return [], [str(error)]
    site.timeline.note("    every service is ready")
    untold = generator.join(max(1.0, deadline - time.monotonic()))
    site.timeline.note("    every sender is done")
    ids = team_ids(site, teams)
    quiet = 0
    unrest = []
    told = time.monotonic()
    while time.monotonic() < deadline:
        site.hurry(ids)
        unrest = site.unrest(ids)
        quiet = 0 if unrest else quiet + 1
        if quiet == 2:
            return untold, []
        if unrest and time.monotonic() > told + 10:
            told = time.monotonic()
            site.timeline.note(f"    still: {'; '.join(unrest)}"[:200])
        time.sleep(1.0)
    return untold, unrest


def team_ids(site, teams) -> dict:
    rows = site.stack.rows("SELECT slug, id FROM teams WHERE slug IN (" + ",".join(f"'{team.slug}'" for team in teams) + ")")
    return {row["slug"]: row["id"] for row in rows}


def _gather(site, teams, stories, ledger, injection, untold, undrained) -> evidence.Evidence:
    ids = team_ids(site, teams)
    bounds = Bounds()
    return evidence.Evidence(
        stories=stories, slugs=[team.slug for team in teams], answers=ledger.outcomes(), teams=ids,
        arrivals=site.sinks.arrivals(), poisoned=injection.poisoned, ambiguities=injection.ambiguities + site.sinks.ambiguous,
        codes=ledger.codes, untold=untold, undrained=undrained, unexpected=site.supervisor.unexpected, maxima=site.supervisor.maxima,
        bounds=(bounds.rss_megabytes, bounds.descriptors, bounds.threads), **evidence.read(site.stack.rows, ids, site.started))


def _verify(site, teams, folder) -> list:
    """The product's own opinion: `tocsin verify` of both teams."""
    found = []
    for team in teams:
        arguments = (str(site.stack.bin / "tocsin"), "verify", "--team", team.slug, "--from", site.started[:19] + "Z", "--grace", "1s",
                     "--full-speed", "--quiet", "--json")
        result = site.stack.run(*arguments, check=False, timeout=120, **site.stack.operator_environment())
        if result.returncode not in (0, VERIFY_ONLY_DOUBT):
            (folder / f"verify-{team.slug}.json").write_text(result.stdout)
            said = f"tocsin verify of {team.slug} exits {result.returncode}: {_findings(result.stdout) or result.stderr[-300:]}"
            found.append(checker.Violation("verify", checker.WRONG, said))
    return found


def _findings(text: str) -> str:
    """What `tocsin verify` found, without what is only in doubt."""
    try:
        checks = json.loads(text)["checks"]
    except (ValueError, KeyError):
        return ""
    bad = [(check["check"], f) for check in checks for f in check["findings"] if f["status"] != "inDoubt"]
    return "; ".join(f"{name}: {f['status']} {f['reason']} {f.get('id')} {f.get('detail')}" for name, f in bad[:5])


def _notes(site, found, ledger, injection) -> list:
    attempts = ledger.attempts
    lines = [
        f"requests: {attempts['ack']} accepted, {attempts['nack']} refused, {attempts['unknown']} unknown; {json.dumps(ledger.codes)}",
        f"messages: {len(found.arrivals)} arrivals, {found.ambiguities} may have been left in doubt by faults",
        "deaths: " + (", ".join(f"{name} {count}" for name, count in sorted(site.supervisor.deaths.items())) or "none"),
        "most of each service (RSS MB, descriptors, threads): "
        + ", ".join(f"{name} {'/'.join(map(str, maxima))}" for name, maxima in sorted(site.supervisor.maxima.items())),
    ]
    return lines + checker.in_doubt(found) + [f"did not strike: {text}" for text in injection.skipped]
