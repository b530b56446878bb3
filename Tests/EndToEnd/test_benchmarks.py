"""The judgements of Tests/Benchmarks, which decide in CI and fill the documents. Needs no stack."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Benchmarks"))

from bench import callgrind, document, scale_report, sizing, thresholds  # noqa: E402

COMMITTED = {"webhook-to-alerts": {"item": "alert", "instructions": 80_000, "allocations": 20.0}}


def counted(instructions: float, allocations: float) -> dict:
    return {"webhook-to-alerts": {"item": "alert", "instructions": instructions, "allocations": allocations}}


def test_counts_within_the_slack_pass():
    assert thresholds.exceeded(counted(87_000, 21.9), COMMITTED) == []


@pytest.mark.parametrize("measured", [counted(89_000, 20), counted(80_000, 22.2)])
def test_a_count_above_it_is_named_with_its_function(measured):
    faults = thresholds.exceeded(measured, COMMITTED)
    assert len(faults) == 1 and faults[0].startswith("webhook-to-alerts: ")


def test_a_function_that_one_side_lacks_is_a_fault():
    assert len(thresholds.exceeded({}, COMMITTED)) == 1
    assert len(thresholds.exceeded(counted(1, 1), {})) == 1


def test_a_dump_of_callgrind_is_read(tmp_path):
    dump = tmp_path / "dump.2"
    dump.write_text(
        "fn=(1) main\n1 5\ncfn=(2) malloc\ncalls=3 0\n1 30\ncfn=(3) free\ncalls=7 0\n1 9\nfn=(4) other\ncfn=(2)\ncalls=2 0\n1 20\ntotals: 64\n")
    assert callgrind.read(dump) == (64, 5)


def test_growth_beyond_n_log_n_is_not_met():
    def teams(*costs):
        result = {"teams": [{"teams": 10**place, "postgres_us": cost, "grouper_us": 0.0} for place, cost in enumerate(costs, 1)]}
        scale_report.judge(result)
        return [fit["met"] for fit in result["fits"]]

    assert teams(100, 100, 140) == [True, True]
    assert teams(100, 100, 300) == [True, False]


def test_only_what_is_between_the_marks_is_replaced():
    page = f"before\n{document.BEGIN}\nold\n{document.END}\nafter\n"
    assert document.replaced(page, "new", document.BEGIN, document.END) == page.replace("old", "new")
    with pytest.raises(ValueError):
        document.replaced("no marks", "new", document.BEGIN, document.END)


def test_the_sizing_page_is_what_its_inputs_make():
    docs = ROOT / "docs"
    assert (docs / "sizing.md").read_text() == sizing.page(docs), "run Tests/Benchmarks/sizing --write"


def test_ten_times_the_alerts_need_ten_times_the_disk_and_never_one_process_alone():
    inputs = sizing.inputs(ROOT / "docs")
    small, large = sizing.size(1_000, inputs), sizing.size(10_000, inputs)
    assert large["kafka_gb_day"] == pytest.approx(10 * small["kafka_gb_day"])
    assert min(small[name] for name in ("gateways", "groupers", "notifiers")) == 2
