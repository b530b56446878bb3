"""Puts the figures of a run into docs/performance.md, between two marks, and its charts beside it."""

import pathlib

from bench import charts

BEGIN, END = "<!-- figures: begin, written by Tests/Benchmarks/run --write-docs -->", "<!-- figures: end -->"


def write(docs: pathlib.Path, text: str, result: dict) -> None:
    page = docs / "performance.md"
    drawn = charts.draw(result, docs / "performance")
    images = [f"![{title}](performance/{name})" for name, title in drawn]
    page.write_text(replaced(page.read_text(), "\n\n".join([text, *images]), BEGIN, END))


def replaced(page: str, figures: str, begin: str, end: str) -> str:
    """The page with what is between the marks replaced."""
    before, _, rest = page.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"docs/performance.md has no section between '{begin}' and '{end}'")
    return f"{before}{begin}\n{figures}\n{end}{after}"
