"""The reference pages say what the programs say. After a change: TOCSIN_WRITE_DOCS=1 deploy/local/test --end-to-end -- -k docs"""

import os
import pathlib
import re

from support.stack import ROOT, SERVICES

WRITE = bool(os.environ.get("TOCSIN_WRITE_DOCS"))


def same(page: str, expected: str) -> None:
    path = ROOT / "docs" / page
    if WRITE:
        path.write_text(expected)
    assert path.read_text() == expected, f"docs/{page} is out of date: run this test with TOCSIN_WRITE_DOCS=1"


def test_docs_settings(stack):
    parts = [
        "# Settings\n\nEvery setting is an environment variable, checked at start; all faults are reported at once (exit code 78).\n"
        "A secret may be given as a file: the same name with `_FILE`. This page is made from `NAME --print-settings`.\n"
    ]
    for name in SERVICES:
        table = stack.run(str(stack.bin / name), "--print-settings").stdout
        parts.append(f"\n## {name}\n\n{table}")
    same("settings.md", "".join(parts))


DECLARATION = re.compile(r'MetricDeclaration\(\s*(?:name: )?"([a-z_]+)",\s*(?:kind: )?\.(counter|gauge|histogram),\s*(?:help: )?"((?:[^"\\]|\\.)*)"')
HOMES = {
    "every service": ["Shared/ServiceKit"],
    **{
        name: [f"Services/{folder}"]
        for name, folder in zip(
            SERVICES, ["IngestGateway", "AlertGrouper", "Notifier", "MetricsAggregator", "DocPublisher", "Console"], strict=True
        )
    },
}


def declared(folder: str) -> list:
    found = []
    for path in sorted(pathlib.Path(ROOT / folder).rglob("*.swift")):
        code = "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("//"))
        found += DECLARATION.findall(code)
    return found


def test_docs_metrics(stack):
    parts = [
        "# Metrics\n\nPrometheus text at `/metrics` of each service's admin port. Histograms are in the unit of their name. Besides these:\n"
        "`process_*`, and `tocsin_metrics_series_dropped_total`: series refused because their metric had 1,000 already. Alerts on them:\n"
        "`deploy/observability/rules.yml`.\n"
    ]
    for home, folders in HOMES.items():
        rows = [f"| `{name}` | {kind} | {text} |" for folder in folders for name, kind, text in declared(folder)]
        if rows:
            parts.append(f"\n## {home}\n\n| metric | kind | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    same("metrics.md", "".join(parts))


def test_docs_every_metric_shown_is_documented(stack):
    stack.wait_ready()
    page = (ROOT / "docs" / "metrics.md").read_text()
    for name in SERVICES:
        for line in stack.admin(name, "/metrics").body.decode().splitlines():
            if line.startswith("# TYPE "):
                metric = line.split()[2]
                assert f"`{metric}`" in page or metric.startswith("process_") or metric == "tocsin_build_info", metric


def test_docs_topics(stack):
    page = (ROOT / "docs" / "topics.md").read_text()
    for line in stack.tocsin("topics", "--plain").split():
        name, partitions = line.split(":")
        assert re.search(rf"\| `{re.escape(name)}` \|.*\| {partitions} \|", page), line


def test_docs_schema(stack):
    page = (ROOT / "docs" / "schema.md").read_text()
    tables = stack.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for row in tables:
        assert f"`{row['tablename']}`" in page, f"{row['tablename']} is missing in docs/schema.md"
