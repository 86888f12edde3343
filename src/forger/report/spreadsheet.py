"""The numbers of a report as CSV, for a spreadsheet or a plot of one's own."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from forger.report.learning_curves import mean_curve
from forger.report.report import Report
from forger.report.text import plain


def runs_csv(report: Report) -> str:
    """A line for each run, numbers in full; the metrics also of runs that failed."""
    heads, rows = report.run_table()
    return as_csv(heads, rows)


def means_csv(report: Report) -> str:
    """A line for each cell: of each metric the mean, half the interval's width, how many."""
    parts = ("mean", "half width", "n")
    measures = [f"{metric} {part}" for metric in report.metrics for part in parts]
    heads = [*report.swept, "runs", *measures, "p"]
    rows = []
    for cell, p in zip(report.cells, report.p_values, strict=True):
        estimates = [cell.final(name) for name in report.metrics]
        numbers = [part for e in estimates for part in (e.mean if e.n else None, e.half, e.n)]
        rows.append([*(cell.settings[k] for k in report.swept), len(cell.runs), *numbers, p])
    return as_csv(heads, rows)


def curves_csv(report: Report) -> str:
    """A line for each point of the curves on the page, of every cell."""
    return as_csv(["cell", "curve", "update", "mean", "low", "high"], points(report))


def points(report: Report) -> Iterator[list[Any]]:
    for cell in report.cells:
        for name in report.curves:
            for update, *numbers in mean_curve(cell, name).tolist():
                yield [cell.title, name, int(update), *numbers]


def as_csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = StringIO()
    lines = ([plain(value) for value in row] for row in (heads, *rows))
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
