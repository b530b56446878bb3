"""Charts of a run as SVG, readable on light and on dark pages: no background, one grey for all text, colours of middle lightness."""

import pathlib

OURS, PEER, OTHER = "#d9822b", "#4c8fd6", "#8a8a8a"
TEXT = "#808080"


def draw(result: dict, folder: pathlib.Path) -> list:
    """Writes what the run has figures for; names and titles of the files."""
    folder.mkdir(exist_ok=True)
    drawn = []
    for one in result.get("gateway") or []:
        name = f"gateway-{one['alerts']}.svg"
        title = f"Alerts accepted a second, {one['alerts']} a body: gateway and peers in the same run"
        bars = {"Tocsin's gateway": one["full"], **one["peers"]}
        save_bars(
            folder / name, title, {label: run["per_second"] * one["alerts"] for label, run in bars.items() if run["per_second"]}, "alerts/s"
        )
        drawn.append((name, title))
    if bars := pipeline_bars(result):
        title = "Alerts committed a second, and what bounds it"
        save_bars(folder / "pipeline.svg", title, bars, "alerts/s")
        drawn.append(("pipeline.svg", title))
    for series in (result.get("scale") or {}).get("series", []):
        save_lines(folder / series["file"], series)
        drawn.append((series["file"], series["title"]))
    return drawn


def pipeline_bars(result: dict) -> dict:
    names = {"distinct": "Tocsin, distinct alerts", "storm": "Tocsin, storm, 50 services", "storm-one": "Tocsin, storm, one service"}
    bars = {title: result[name]["alerts_per_second"] for name, title in names.items() if result.get(name)}
    if not bars:
        return {}
    bars |= {"one Python process, Kafka to rows": (result.get("python-pipeline") or {}).get("per_second", 0)}
    bars |= {f"PostgreSQL alone, {name}": one.get("per_second", 0) for name, one in (result.get("database") or {}).items()}
    return {name: value for name, value in bars.items() if value}


def figure(height: float):
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    # The same figures give the same file; text stays text, so that it can be searched and scales with the page.
    pyplot.rcParams.update(
        {
            "svg.hashsalt": "tocsin",
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "font.size": 10,
            "text.color": TEXT,
            "axes.labelcolor": TEXT,
            "axes.edgecolor": TEXT,
            "xtick.color": TEXT,
            "ytick.color": TEXT,
        }
    )
    made, axes = pyplot.subplots(figsize=(8, height))
    axes.spines[["top", "right"]].set_visible(False)
    return made, axes


def finish(made, path: pathlib.Path) -> None:
    from matplotlib import pyplot

    made.tight_layout()
    made.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    pyplot.close(made)
    # matplotlib ends lines with blanks.
    path.write_text("".join(line.rstrip() + "\n" for line in path.read_text().splitlines()))


def save_bars(path: pathlib.Path, title: str, bars: dict, unit: str) -> None:
    made, axes = figure(0.9 + 0.42 * len(bars))
    names = list(bars)[::-1]
    colours = [
        OURS if name.startswith("Tocsin") else PEER if "PostgreSQL alone" not in name and "bare" not in name else OTHER for name in names
    ]
    drawn = axes.barh(names, [bars[name] for name in names], color=colours, height=0.62)
    axes.bar_label(drawn, [f" {bars[name]:,.0f}" for name in names], color=TEXT)
    made.suptitle(title, fontsize=11, color=TEXT, x=0.01, ha="left")
    axes.set_xlabel(unit)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.margins(x=0.12)
    finish(made, path)


def save_lines(path: pathlib.Path, series: dict) -> None:
    """`lines`: points (n, cost) by name."""
    made, axes = figure(3.4)
    for place, (name, points) in enumerate(series["lines"].items()):
        colour = (OURS, PEER, "#5aa469", "#b46cc4")[place % 4]
        axes.plot([n for n, _ in points], [cost for _, cost in points], marker="o", color=colour, label=name)
    made.suptitle(series["title"], fontsize=11, color=TEXT, x=0.01, ha="left")
    axes.set_xlabel(series["x"])
    axes.set_ylabel(series["y"])
    if series.get("log", True):
        axes.set_xscale("log")
        axes.set_xticks(sorted({n for points in series["lines"].values() for n, _ in points}))
        axes.minorticks_off()
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, labelcolor=TEXT)
    finish(made, path)
