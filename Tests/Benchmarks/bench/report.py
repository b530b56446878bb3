"""The figures as one Markdown table, with what they were taken on above it."""

ROW = "| {} | {} | {} |"


def number(value, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def markdown(result: dict) -> str:
    rows = []
    for name, section in (
        ("gateway", gateway_rows), ("producer", producer_rows), ("distinct", pipeline_rows("distinct alerts")),
        ("storm", pipeline_rows("storm of repeats")), ("latency", latency_rows), ("codec", codec_rows),
        ("starts", start_rows), ("idle_mb", memory_rows),
    ):
        if result.get(name):
            rows += section(result[name], result)
    return "\n".join([head(result), "", ROW.format("what", "figure", "beside it"), "|---|---|---|", *rows, "", *warnings(result)])


def head(result: dict) -> str:
    machine, settings = result["machine"], result["settings"]
    versions = ", ".join(f"{name} {text}" for name, text in machine["versions"].items())
    return "\n".join(
        [
            f"Taken {result['taken']}, commit {machine['commit']}, with `{result['command']}`.",
            f"Machine: {machine['cores']} cores of {machine['processor']}, {machine['memory_gb']} GB; load before the run "
            f"{machine['load_before']:.2f}. Load generator, gateway, broker, database and all services share these cores.",
            f"Versions: {versions}.",
            f"Broker: {result['broker']}. acks=all, idempotent, lz4, synchronous_commit on, offsets and outbox in the transaction. "
            f"{settings['connections']} connections, one wrk thread.",
        ]
    )


def gateway_rows(measured: list, _) -> list:
    rows = []
    for one in measured:
        full, half, bare = one["full"], one["half"], one["bare"]
        name = f"gateway, {one['alerts']} alert{'s' if one['alerts'] > 1 else ''} a body ({one['body_bytes']:,} B)"
        alerts = f" = {number(full['per_second'] * one['alerts'])} alerts/s" if one["alerts"] > 1 else ""
        rows += [
            ROW.format(
                f"{name}, saturated", f"{number(full['per_second'])} requests/s{alerts}",
                f"bare Hummingbird {number(bare['per_second'])} requests/s; ratio {one['ratio']:.2f}",
            ),
            ROW.format(
                f"{name}, saturated, request to acknowledged", f"p50 {full['p50_ms']:.1f} ms, p99 {full['p99_ms']:.1f} ms",
                f"bare p50 {bare['p50_ms']:.1f} ms, p99 {bare['p99_ms']:.1f} ms",
            ),
            ROW.format(
                f"{name}, at about half of that", f"p50 {half['p50_ms']:.1f} ms, p99 {half['p99_ms']:.1f} ms",
                f"{number(half['per_second'])} requests/s, paced by pauses",
            ),
            ROW.format(
                f"{name}, processor time a request", processor(one["processor_s"], full["requests"], "µs"), "the rest is wrk",
            ),
        ]
    return rows


def processor(seconds: dict, units: float, unit: str) -> str:
    parts = {name: taken / units * 1e6 for name, taken in seconds.items() if taken / units * 1e6 >= 0.5}
    return ", ".join(f"{name} {number(value)} {unit}" for name, value in sorted(parts.items(), key=lambda part: -part[1]))


def producer_rows(measured: dict, _) -> list:
    if "error" in measured:
        return [ROW.format("librdkafka producer in a plain loop, 700 B", "-", measured["error"])]
    return [
        ROW.format(
            "librdkafka producer in a plain loop, 700 B", f"{number(measured['per_second'])} records/s",
            f"{number(measured['acknowledged'])} acknowledged, {number(measured['failed'])} failed",
        )
    ]


def pipeline_rows(name: str):
    def rows(one: dict, _) -> list:
        busiest = sorted(one["tables"].items(), key=lambda entry: -sum(entry[1].values()))[:5]
        tables = ", ".join(f"{table} {number(sum(counts.values()))}" for table, counts in busiest)
        return [
            ROW.format(
                f"pipeline, {name}, first request to last commit", f"{number(one['alerts_per_second'])} alerts/s",
                f"{number(one['alerts'])} alerts as 20 a body in {one['seconds']:.2f} s; gateway took them at {number(one['accepted_per_second'])}/s",
            ),
            ROW.format(
                f"pipeline, {name}, row writes", f"{one['row_writes'] / one['alerts']:.2f} an alert", f"{number(one['row_writes'])}: {tables}",
            ),
            ROW.format(
                f"pipeline, {name}, everything quiet", f"{one['drained_after_s']:.1f} s after the last commit",
                "outbox empty, no consumer behind",
            ),
            ROW.format(f"pipeline, {name}, processor time an alert", processor(one["processor_s"], one["alerts"], "µs"), "all processes"),
        ]

    return rows


def latency_rows(one: dict, _) -> list:
    return [
        ROW.format(
            f"alert to webhook sink at {number(one['per_second'])} alerts/s", f"p50 {number(one['p50_ms'], 1)} ms, p99 {number(one['p99_ms'], 1)} ms",
            f"{one['arrived']} of {one['sent']} arrived, slowest {number(one['max_ms'], 1)} ms; a new incident each",
        )
    ]


CODEC = {
    "body-to-alerts": ("webhook body to alerts", "foundation-body-to-structs"),
    "body-to-records": ("webhook body to records, all of the gateway's work", None),
    "signals-to-records": ("signals to records", "foundation-structs-to-records"),
    "records-to-signals": ("records to signals", "foundation-records-to-structs"),
    "document": ("webhook body to a JSON document", None),
}


def codec_rows(measured: list, _) -> list:
    rows = []
    largest = max(one["alerts"] for one in measured)
    found = {one["name"]: one for one in measured if one["alerts"] == largest}
    for name, (title, reference) in CODEC.items():
        one, other = found[name], found.get(reference)
        beside = f"Foundation {number(other['mb_per_second'])} MB/s, ratio {one['mb_per_second'] / other['mb_per_second']:.1f}" if other else ""
        rows.append(
            ROW.format(f"codec, {title}, {largest} alerts", f"{number(one['mb_per_second'])} MB/s, {number(one['alerts_per_second'])} alerts/s", beside)
        )
    return rows


def start_rows(measured: dict, _) -> list:
    return [ROW.format("start to ready", ", ".join(f"{name} {seconds:.2f} s" for name, seconds in measured.items()), "")]


def memory_rows(idle: dict, result: dict) -> list:
    loads = [result[name]["peak_mb"] for name in ("distinct", "storm") if result.get(name)]
    loads += [one["peak_mb"] for one in result.get("gateway") or []]
    rows = []
    for name, megabytes in idle.items():
        peak = max((load.get(name, 0) for load in loads), default=None)
        rows.append(ROW.format(f"resident memory, {name}", f"{number(megabytes)} MB idle", f"{number(peak)} MB at most under load"))
    return rows


def warnings(result: dict) -> list:
    lines = []
    for name in ("distinct", "storm"):
        one = result.get(name)
        if not one:
            continue
        if one["gaps"]:
            lines.append(f"NOT VALID: {name}: {number(one['gaps'])} gaps: the broker dropped records before they were read.")
        if one["refused"] or one["broken"]:
            lines.append(f"NOT VALID: {name}: {one['refused']} requests refused, {one['broken']} broken.")
        if one["committed"] < one["alerts"]:
            lines.append(f"NOT VALID: {name}: {number(one['committed'])} of {number(one['alerts'])} alerts committed in time.")
    for one in result.get("gateway") or []:
        for way in ("full", "half", "bare"):
            if one[way]["failed"] or one[way]["broken"]:
                lines.append(
                    f"NOT VALID: gateway, {one['alerts']} a body, {way}: {one[way]['failed']} refused, {one[way]['broken']} broken."
                )
    return lines or ["No consumer found a gap, no request was refused."]
