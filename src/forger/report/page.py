"""A report as one page of HTML that needs nothing else, as Markdown and as CSV."""

import csv
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from forger.report.longer import longer
from forger.report.pictures import COLOURED, draw_curves, draw_effects, draw_parallel
from forger.report.reading import Run, names_of
from forger.report.samples import Picture, best_run, sample_picture, sample_table
from forger.report.tables import effects, group, show
from forger.report.templates import render
from forger.report.text import literal, markdown, plain
from forger.runs.progress import Job, progress, read_jobs

CURVES = ("loss/discriminator", "loss/generator", "prob/real", "prob/fake")


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


@dataclass
class Report:
    """Runs, the settings that differ among them, and the metric that compares them.

    roots: the folders that were looked for runs; the names of runs start from where all of these
    are, or from the only one.
    """

    roots: Sequence[Path]
    runs: Sequence[Run]
    settings: Sequence[str]
    metric: str
    mode: str

    def __post_init__(self) -> None:
        self.root = Path(os.path.commonpath(self.roots))
        self.title = ", ".join(names_of(self.roots))
        self.cells = group(self.runs, self.metric, self.mode)
        self.cells_with_value = [cell for cell in self.cells if cell.final(self.metric)]
        # The command that trains the best for twice as long; None if there is none.
        self.longer = longer(self.cells_with_value, self.metric, self.mode)
        self.swept = [name for name in self.settings if name != "seed"]
        self.effects = effects(self.runs, self.swept, self.metric)
        # The objective comes first, then all other metrics by name.
        found = {name for run in self.runs for name in run.metrics if name.startswith("metric/")}
        self.metrics = [self.metric, *sorted(found - {self.metric})]

    def cell_table(self) -> tuple[list[str], list[list[Any]]]:
        """Heads and rows: the cells, best first."""
        rows = []
        for cell in self.cells:
            final = cell.final(self.metric)
            # Runs with a finite value, and all runs.
            good, all_ = final.n if final else 0, len(cell.runs)
            n = f"{good}" if good == all_ else f"{good} of {all_}"
            others = [cell.final(name) for name in self.metrics]
            rows.append([*(cell.settings[k] for k in self.swept), n, *others, cell.seconds()])
        return [*self.swept, "n", *self.metrics, "seconds"], rows

    def run_table(self) -> tuple[list[str], list[list[Any]]]:
        """Heads and rows: every run."""
        heads = ["run", *self.settings, "status", "updates", "seconds", f"best {self.metric}"]
        rows = [
            [
                self.name(run),
                *run.settings.values(),
                run.status,
                run.updates,
                run.seconds,
                run.best(self.metric, self.mode),
                *(run.metrics.get(name) for name in self.metrics),
            ]
            for run in self.runs
        ]
        return [*heads, *self.metrics], rows

    def effect_table(self) -> tuple[list[str], list[list[Any]]]:
        rows = [
            [name, show(value), e.n, e]
            for name, values in self.effects.items()
            for value, e in values.items()
        ]
        return ["setting", "value", "runs", self.metric], rows

    def name(self, run: Run) -> str:
        return os.path.relpath(run.folder, self.root)

    def csv(self) -> str:
        """A line for each run, numbers in full; the metrics also of runs that failed."""
        heads, rows = self.run_table()
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerows(
            [plain(value) for value in row] for row in (heads, *rows)
        )
        return text.getvalue()

    def markdown(self) -> str:
        parts = [
            f"# {literal(self.title)}",
            "",
            literal(self.overview()),
            "",
            *markdown(*self.cell_table()),
        ]
        if self.effects:
            parts += ["", "## Main effects", "", *markdown(*self.effect_table())]
        return "\n".join(parts) + "\n"

    def overview(self) -> str:
        states = ", ".join(
            f"{n} {state}" for state, n in Counter(r.status for r in self.runs).items()
        )
        better = "lower" if self.mode == "min" else "higher"
        runs = "1 run" if len(self.runs) == 1 else f"{len(self.runs)} runs"
        sentences = [f"{runs}: {states}", *self.progress(), f"{self.metric}: {better} is better"]
        return ". ".join(sentences) + "."

    def progress(self) -> Iterator[str]:
        """How far each sweep among these runs has come, unless it has ended."""
        jobs: dict[Path, list[Job]] = defaultdict(list)
        for run in self.runs:
            if any(run.folder.parent.is_relative_to(root) for root in self.roots):
                job = Job(run.status, run.updates, run.seconds)
                jobs[run.folder.parent].append(job)
        for sweep, begun in jobs.items():
            count, running = read_jobs(sweep), sum(job.status == "running" for job in begun)
            if count and (text := progress(count, begun, running)):
                yield text if len(jobs) == 1 else f"{os.path.relpath(sweep, self.root)}: {text}"

    def html(self, folder: Path) -> str:
        """The page, whose links to the runs start from `folder`."""
        return render(
            Path(__file__).with_name("page.html"),
            report=self,
            folder=folder,
            samples=sample_table(self.runs, self.swept, self.metric, self.mode),
        )

    def extremes(self) -> Iterator[Extreme]:
        """The best cell and, if there are others, the worst."""
        ends = {"Best": self.cells_with_value[:1], "Worst": self.cells_with_value[1:][-1:]}
        for word, cell in ((word, cell) for word, cells in ends.items() for cell in cells):
            # The best run of its group, whether that is the best or the worst group.
            run = best_run(cell.runs, self.metric, self.mode)
            caption = f"{word}: {cell.title}. {self.metric} {cell.final(self.metric)}."
            picture = sample_picture(run.folder)
            if picture:
                caption += f" Samples of {self.name(run)}."
            yield Extreme(caption, run, picture)

    def drawings(self) -> Iterator[Drawing]:
        """The charts that there is something to draw for."""
        if self.effects:
            yield Drawing(
                "Main effects",
                "Mean of all runs with the value that ended well, whatever else they differ in.",
                draw_effects(self.effects, self.metric),
            )
        if self.swept and self.cells_with_value:
            parallel = draw_parallel(self.runs, self.swept, self.metric, self.mode)
            yield Drawing("All runs at once", "", parallel)
        names = dict.fromkeys((self.metric, *CURVES))
        # Only curves that some run has.
        drawn = [name for name in names if any(name in run.curves for run in self.runs)]
        if drawn:
            cells = self.cells_with_value or self.cells
            others = " The worst in red, the rest grey." if len(cells) > COLOURED else ""
            note = f"Mean over seeds, the best darkest.{others}"
            yield Drawing("Learning curves", note, draw_curves(cells, drawn))

    def failures(self) -> dict[str, list[str]]:
        """Names of the runs that failed, by their errors."""
        failures: dict[str, list[str]] = defaultdict(list)
        for run in self.runs:
            if run.error:
                failures[run.error].append(self.name(run))
        return failures
