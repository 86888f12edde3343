"""The tables of a report in Markdown."""

from collections.abc import Iterable, Sequence
from typing import Any

from forger.report.report import Report
from forger.report.tables import show
from forger.report.text import literal


def markdown(report: Report) -> str:
    """The cells, what their numbers are, and the main effects."""
    parts = [f"# {literal(report.title)}", "", literal(report.overview()), ""]
    parts += [*table(*report.cell_table()), "", literal(report.legend())]
    if report.effects:
        parts += ["", "## Main effects", "", *table(*report.effect_table())]
    return "\n".join(parts) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    lines = [[literal(show(value)) for value in row] for row in (heads, *rows)]
    return [f"| {' | '.join(line)} |" for line in [lines[0], ["---"] * len(heads), *lines[1:]]]
