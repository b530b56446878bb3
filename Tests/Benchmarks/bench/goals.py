"""The goals beside what was measured. A goal that is not met is explained under "What limits" in docs/performance.md."""

ROW = "| {} | {} | {} | {} |"
# Peers that keep the gateway's contract; the others publish nothing or store nothing.
SAME_CONTRACT = (
    "uvicorn + orjson + confluent-kafka, 1 process",
    "uvicorn + orjson + confluent-kafka, 2 processes",
    "Go net/http + sarama",
)

# The storm is paced by pauses, and does not reach its rate exactly.
STORM_REACHED = 9_000
# Exactly 2,000/s are offered; what arrives within a window differs by its edges.
STEADY = 0.97
# A percentile of one case against that of another, taken minutes apart.
UNMOVED = 1.1


class Goal:
    """One row. `met` is None where the stage did not run."""

    def __init__(self, text: str, measured: str, peer: str, met):
        self.text, self.measured, self.peer, self.met = text, measured, peer, met

    def row(self) -> str:
        return ROW.format(self.text, self.measured, self.peer, "met" if self.met else "**not met**, see [What limits](#what-limits)")


def table(result: dict) -> list:
    """Nothing when no stage with a goal ran."""
    found = [
        *gateway(result),
        *pipeline(result),
        *latency(result),
        *deliveries(result),
        *keeping_up(result),
        *memory(result),
        *scale(result),
    ]
    if not found:
        return []
    return [ROW.format("goal", "measured", "beside the best peer of the run", ""), "|---|---|---|---|", *(goal.row() for goal in found)]


def gateway(result: dict) -> list:
    goals = []
    for one in result.get("gateway") or []:
        count, full, half = one["alerts"], one["full"], one["half"]
        wanted, unit = {1: (15_000, "requests/s"), 20: (100_000, "alerts/s")}[count]
        reached = full["per_second"] * count
        name = f"gateway, {count} alert{'s' if count > 1 else ''} a body"
        goals.append(Goal(f"1. {name}: {wanted:,} {unit}", f"{reached:,.0f} {unit}", "", reached >= wanted))
        if rivals := {peer: one["ratios"][peer] for peer in SAME_CONTRACT if peer in one["ratios"]}:
            peer = min(rivals, key=rivals.get)
            goals.append(
                Goal(
                    f"1. {name}: twice the best peer of the same contract",
                    f"{reached:,.0f} {unit}",
                    f"{rivals[peer]:.2f} times {peer} ({one['peers'][peer]['per_second'] * count:,.0f})",
                    rivals[peer] >= 2,
                )
            )
        goals.append(Goal(f"1. {name}: p99 under 20 ms at half of saturation", f"{half['p99_ms']:.1f} ms", "", half["p99_ms"] < 20))
    return goals


def pipeline(result: dict) -> list:
    goals = []
    for name, title, wanted in (
        ("distinct", "distinct alerts", 20_000),
        ("storm", "storm of repeats, 50 services", 60_000),
        ("storm-one", "storm of repeats, one service", 60_000),
    ):
        if one := result.get(name):
            rate = one["alerts_per_second"]
            goals.append(
                Goal(f"2. pipeline, {title}: {wanted:,} alerts/s", f"{rate:,.0f} alerts/s", beside(name, rate, result), rate >= wanted)
            )
    return goals


def beside(name: str, rate: float, result: dict) -> str:
    other = result.get("python-pipeline") or {}
    if name != "distinct" or not other.get("per_second"):
        return ""
    return f"{rate / other['per_second']:.2f} times one Python process, which has no gateway before it ({other['per_second']:,.0f})"


def latency(result: dict) -> list:
    goals = []
    if (one := result.get("latency")) and one["p50_ms"] is not None:
        rate = f"{one['per_second']:,.0f} alerts/s"
        goals.append(
            Goal(
                "3. alert to first byte at the sink at 100 alerts/s: p50 15 ms, p99 50 ms",
                f"p50 {one['p50_ms']:.1f} ms, p99 {one['p99_ms']:.1f} ms at {rate}",
                "",
                one["p50_ms"] <= 15 and one["p99_ms"] <= 50 and one["per_second"] >= 100 and one["arrived"] == one["sent"],
            )
        )
    if (one := result.get("latency-storm")) and one["beside_storm"]["p99_ms"] is not None:
        quiet, alone = one["beside_storm"], one["alone"]
        goals.append(
            Goal(
                "3. p99 under 500 ms beside a storm of 10,000/s of another team",
                f"p99 {quiet['p99_ms']:.1f} ms ({alone['p99_ms']:.1f} alone) beside {one['storm_alerts_per_second']:,.0f}/s",
                "",
                quiet["p99_ms"] < 500 and quiet["arrived"] == quiet["sent"] and one["storm_alerts_per_second"] >= STORM_REACHED,
            )
        )
    return goals


def deliveries(result: dict) -> list:
    one = result.get("deliveries")
    if not one:
        return []
    cases = {case["name"]: case for case in one["cases"]}
    wanted = one["sinks"] * one["incidents_per_second"]
    goals = []
    for name, case in cases.items():
        reached = case["per_second"] or 0
        unmoved = case["p99_ms"] is not None and case["p99_ms"] <= max(UNMOVED * (cases["all alive"]["p99_ms"] or 0), 50)
        goals.append(
            Goal(
                f"4. notifier: 2,000 deliveries/s to {one['sinks']} sinks, {name}; the others' p99 unmoved",
                f"{reached:,.0f}/s of {wanted:,.0f}/s offered, p99 {case['p99_ms'] or 0:,.0f} ms",
                "",
                reached >= 2000 * STEADY and unmoved and case["arrived"] == case["wanted"],
            )
        )
    return goals


def keeping_up(result: dict) -> list:
    """Whether everything behind the grouper was done soon after it: within a tenth of the run, or two looks at the gauge."""
    one = result.get("distinct")
    if not one:
        return []
    allowed = max(1.0, one["seconds"] / 10)
    return [
        Goal(
            "5. metrics-aggregator and doc-publisher keep up with the pipeline",
            f"all read {one['drained_after_s']:.1f} s after the last commit",
            "",
            one["drained_after_s"] <= allowed,
        )
    ]


def memory(result: dict) -> list:
    goals = []
    if idle := services(result.get("idle_mb")):
        name = max(idle, key=idle.get)
        goals.append(Goal("6. resident memory idle: 40 MB a service", f"at most {idle[name]:.0f} MB ({name})", "", idle[name] <= 40))
    loads = [services(result[stage]["peak_mb"]) for stage in ("distinct", "storm", "storm-one") if result.get(stage)]
    loads += [services(one["peak_mb"]) for one in result.get("gateway") or []]
    if loads:
        peak, name = max((value, name) for load in loads for name, value in load.items())
        goals.append(Goal("6. resident memory at saturation: 150 MB a service", f"at most {peak:.0f} MB ({name})", "", peak <= 150))
    if starts := result.get("starts"):
        name = max(starts, key=starts.get)
        goals.append(Goal("6. start to ready: under 1 s", f"at most {starts[name]:.2f} s ({name})", "", starts[name] < 1))
    return goals


def services(figures) -> dict:
    """Without the broker, which is no service of ours."""
    return {name: value for name, value in (figures or {}).items() if name not in ("dev-broker", "postgres")}


def scale(result: dict) -> list:
    found = result.get("scale")
    if not found:
        return []
    goals = []
    if fits := found.get("fits"):
        worst = max(fits, key=lambda fit: fit["ratio"])
        goals.append(
            Goal(
                "7. cost grows no faster than n log n",
                f"worst step {worst['ratio']:.2f} of n log n ({worst['what']})",
                "",
                all(fit["met"] for fit in fits),
            )
        )
    if instances := found.get("instances"):
        each = "; ".join(
            f"{one['instances']}: {one['alerts_per_second']:,.0f}/s, {one['deadlocks']} and {one['lock_waits']}" for one in instances
        )
        goals.append(
            Goal(
                "7. 1, 2, 4 groupers, 32 partitions: no deadlock, no lock wait over 10 ms, rate not falling",
                each,
                "",
                found["instances_met"],
            )
        )
    return goals
