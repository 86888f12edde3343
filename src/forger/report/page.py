"""A report as one page of HTML that needs nothing else."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from forger.report.learning_curves import COLOURED, draw_curves
from forger.report.pictures import draw_effects, draw_parallel
from forger.report.reading import Run
from forger.report.report import Report
from forger.report.samples import Picture, best_run, sample_picture, sample_table
from forger.report.templates import render


class Extreme(NamedTuple):
    """The best or the worst cell, and its own best run with a picture of its samples."""

    caption: str
    run: Run
    picture: Picture | None


class Drawing(NamedTuple):
    """An <svg> element, whose texts are escaped, under a title and perhaps a note."""

    title: str
    note: str
    svg: str


def html(report: Report, folder: Path) -> str:
    """The page, whose links to the runs start from `folder`."""
    return render(
        Path(__file__).with_name("page.html"),
        report=report,
        folder=folder,
        extremes=extremes(report),
        samples=sample_table(report.runs, report.swept, report.metric, report.mode),
        drawings=drawings(report),
        failures=failures(report),
    )


def extremes(report: Report) -> Iterator[Extreme]:
    """The best cell and, if there are others, the worst."""
    ends = {"Best": report.cells_with_value[:1], "Worst": report.cells_with_value[1:][-1:]}
    for word, cell in ((word, cell) for word, cells in ends.items() for cell in cells):
        # The best run of its group, whether that is the best or the worst group.
        run = best_run(cell.runs, report.metric, report.mode)
        caption = f"{word}: {cell.title}. {report.metric} {cell.final(report.metric)}."
        picture = sample_picture(run.folder)
        if picture:
            caption += f" Samples of {report.name(run)}."
        yield Extreme(caption, run, picture)


def drawings(report: Report) -> Iterator[Drawing]:
    """The charts that there is something to draw for."""
    if report.effects:
        yield Drawing(
            "Main effects",
            "Mean of the runs with the value that have a result, whatever else they differ in.",
            draw_effects(report.effects, report.metric),
        )
    if report.swept and report.cells_with_value:
        parallel = draw_parallel(report.runs, report.swept, report.metric, report.mode)
        yield Drawing("All runs at once", "", parallel)
    if report.curves:
        cells = report.cells_with_value or report.cells
        others = " The worst in red, the rest grey." if len(cells) > COLOURED else ""
        note = "Mean over seeds, in a band from the lowest to the highest; the best darkest."
        yield Drawing("Learning curves", note + others, draw_curves(cells, report.curves))


def failures(report: Report) -> dict[str, list[str]]:
    """Names of the runs that failed, by their errors."""
    failures: dict[str, list[str]] = defaultdict(list)
    for run in report.runs:
        if run.error:
            failures[run.error].append(report.name(run))
    return failures
