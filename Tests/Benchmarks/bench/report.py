"""The figures as Markdown tables, with what they were taken on above them."""

from bench import goals

ROW = "| {} | {} | {} |"


def number(value, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


SECTIONS = (
    "gateway", "kafka", "database", "python-pipeline", "distinct", "storm", "storm-one", "latency", "latency-storm",
    "deliveries", "codec", "starts", "idle_mb",
)


def markdown(result: dict) -> str:
    rows = []
    for name in SECTIONS:
        if result.get(name):
            rows += ROWS[name](result[name], result)
    table = [ROW.format("what", "figure", "beside it"), "|---|---|---|", *rows]
    return "\n".join([head(result), "", *goals.table(result), "", *table, "", *warnings(result)])


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
            f"{settings['connections']} connections, one wrk thread on the same cores.",
        ]
    )


def gateway_rows(measured: list, _) -> list:
    rows = []
    for one in measured:
        full, half = one["full"], one["half"]
        name = f"gateway, {one['alerts']} alert{'s' if one['alerts'] > 1 else ''} a body ({one['body_bytes']:,} B)"
        rows += [
            ROW.format(
                f"{name}, saturated", served(full, one["alerts"]),
                f"{percentiles(full)}; {number(one['spread'][0])} to {number(one['spread'][1])} requests/s in {one['rounds']} rounds",
            ),
            ROW.format(f"{name}, at about half of that", percentiles(half), f"{number(half['per_second'])} requests/s, paced by pauses"),
            ROW.format(f"{name}, processor time a request", microseconds(one["processor_us"]), "the rest is wrk"),
        ]
        rows += [
            ROW.format(f"- peer: {peer}", served(run, one["alerts"]), f"{percentiles(run)}; the gateway does {one['ratios'][peer]:.2f} times as much")
            for peer, run in one["peers"].items() if is_served(run)
        ]
    return rows


def is_served(run: dict) -> bool:
    return run["per_second"] > 0


def served(run: dict, alerts: int) -> str:
    return f"{number(run['per_second'])} requests/s" + (f" = {number(run['per_second'] * alerts)} alerts/s" if alerts > 1 else "")


def percentiles(run: dict) -> str:
    return f"p50 {run['p50_ms']:.1f} ms, p99 {run['p99_ms']:.1f} ms"


def microseconds(parts: dict) -> str:
    return ", ".join(f"{name} {number(value)} µs" for name, value in sorted(parts.items(), key=lambda part: -part[1]) if value >= 0.5)


def processor(seconds: dict, units: float, unit: str) -> str:
    parts = {name: taken / units * 1e6 for name, taken in seconds.items() if taken / units * 1e6 >= 0.5}
    return ", ".join(f"{name} {number(value)} {unit}" for name, value in sorted(parts.items(), key=lambda part: -part[1]))


def kafka_rows(measured: dict, _) -> list:
    titles = {"producer": "librdkafka's producer in a plain loop, 700 B", "consumer": "librdkafka's consumer in a plain loop"}
    return [ceiling_row(title, measured[name], "records/s") for name, title in titles.items()]


def database_rows(measured: dict, _) -> list:
    return [ceiling_row(f"PostgreSQL, upsert by unnest, {name}", one, "rows/s") for name, one in measured.items()]


def python_rows(one: dict, _) -> list:
    return [ceiling_row("peer: Kafka to upsert to offset commit, one Python process", one, "alerts/s", "reads and writes; decides nothing")]


def ceiling_row(title: str, one: dict, unit: str, beside: str = "") -> str:
    if "error" in one:
        return ROW.format(title, "-", one["error"].replace("\n", " "))
    return ROW.format(title, f"{number(one['per_second'])} {unit}", beside)


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
            ROW.format(
                f"pipeline, {name}, bytes an alert",
                f"write-ahead log {number(one['volume']['wal_bytes'])}, tables and indexes {number(one['volume']['database_bytes'])}",
                f"a record of tocsin.signals has {number(one['volume']['record_bytes'])} B before compression",
            ),
        ]

    return rows


def latency_rows(one: dict, _) -> list:
    return [
        ROW.format(
            f"alert to webhook sink at {number(one['per_second'])} alerts/s", f"p50 {number(one['p50_ms'], 1)} ms, p99 {number(one['p99_ms'], 1)} ms",
            f"{one['arrived']} of {one['sent']} arrived, slowest {number(one['max_ms'], 1)} ms; a new incident each",
        )
    ]


def storm_latency_rows(one: dict, _) -> list:
    return [
        ROW.format(
            f"alert of a quiet team to its sink, {title}, {number(one['per_second'])} alerts/s",
            f"p50 {number(part['p50_ms'], 1)} ms, p99 {number(part['p99_ms'], 1)} ms", f"{part['arrived']} of {part['sent']} arrived{beside}",
        )
        for title, part, beside in (
            ("alone", one["alone"], ""),
            ("beside a storm", one["beside_storm"], f"; the storm has {number(one['storm_alerts_per_second'])} alerts/s of another team"),
        )
    ]


def delivery_rows(one: dict, _) -> list:
    return [
        ROW.format(
            f"deliveries to {one['sinks']} sinks, {case['name']}", f"{number(case['per_second'])} deliveries/s",
            f"{number(case['arrived'])} of {number(case['wanted'])} arrived, {case['twice']} twice; request to first byte p50 "
            f"{number(case['p50_ms'], 1)} ms, p99 {number(case['p99_ms'], 1)} ms; worst sink p99 {number(case['worst_sink_p99_ms'], 1)} ms",
        )
        for case in one["cases"]
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
    loads = [result[name]["peak_mb"] for name in ("distinct", "storm", "storm-one") if result.get(name)]
    loads += [one["peak_mb"] for one in result.get("gateway") or []]
    rows = []
    for name, megabytes in idle.items():
        # A service that no stage with load ran is not "0 MB".
        peak = max((load[name] for load in loads if name in load), default=None)
        rows.append(ROW.format(f"resident memory, {name}", f"{number(megabytes)} MB idle", f"{number(peak)} MB at most under load"))
    return rows


ROWS = {
    "gateway": gateway_rows, "kafka": kafka_rows, "database": database_rows, "python-pipeline": python_rows,
    "distinct": pipeline_rows("distinct alerts"), "storm": pipeline_rows("storm of repeats, 50 services"),
    "storm-one": pipeline_rows("storm of repeats, one service"), "latency": latency_rows,
    "latency-storm": storm_latency_rows, "deliveries": delivery_rows, "codec": codec_rows, "starts": start_rows, "idle_mb": memory_rows,
}


def warnings(result: dict) -> list:
    lines = []
    for name in ("distinct", "storm", "storm-one"):
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
        for name, run in {"saturated": one["full"], "half": one["half"], **one["peers"]}.items():
            if run["failed"] or run["broken"]:
                lines.append(f"NOT VALID: {name}, {one['alerts']} a body: {run['failed']} refused, {run['broken']} broken.")
    return lines or ["No consumer found a gap, no request was refused."]
