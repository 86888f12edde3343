"""What a report is of: runs, what their means are, and what is said of them."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forger.report.differences import measured_on
from forger.report.longer import longer
from forger.report.reading import Run, names_of
from forger.report.samples import best_run
from forger.report.statistics import against_first
from forger.report.tables import effects, group, show
from forger.runs.progress import Job, progress, read_jobs

CURVES = ("loss/discriminator", "loss/generator", "prob/real", "prob/fake")


@dataclass
class Report:
    """Runs, the settings that differ among them, and the metric that compares them.

    roots: the folders that were looked for runs; the names of runs start from where all of these
    are, or from the only one. more_curves: names of curves beside those of every report.
    """

    roots: Sequence[Path]
    runs: Sequence[Run]
    settings: Sequence[str]
    metric: str
    mode: str
    more_curves: Sequence[str] = ()

    def __post_init__(self) -> None:
        self.root = Path(os.path.commonpath(self.roots))
        self.title = ", ".join(names_of(self.roots))
        self.cells = group(self.runs, self.metric, self.mode)
        finals = [cell.final(self.metric) for cell in self.cells]
        self.cells_with_value = [cell for cell, e in zip(self.cells, finals, strict=True) if e.n]
        # Of values that do not compare there is nothing to test.
        self.measured_on = measured_on(self.runs)
        self.p_values = against_first(finals) if not self.measured_on else [None] * len(finals)
        # The command that trains the best for twice as long; None if there is none.
        self.longer = longer(self.cells_with_value, self.metric, self.mode)
        self.swept = [name for name in self.settings if name != "seed"]
        self.effects = effects(self.runs, self.swept, self.metric)
        # The objective comes first, then all other metrics by name.
        found = {name for run in self.runs for name in run.metrics if name.startswith("metric/")}
        self.metrics = [self.metric, *sorted(found - {self.metric})]
        # Only curves that some run has.
        names = dict.fromkeys((self.metric, *CURVES, *self.more_curves))
        self.curves = [name for name in names if any(name in run.curves for run in self.runs)]

    def cell_table(self) -> tuple[list[str], list[list[Any]]]:
        """Heads and rows: the cells, best first; p-values if there are any."""
        tested = any(p is not None for p in self.p_values)
        rows = [
            [
                *(cell.settings[k] for k in self.swept),
                len(cell.runs),
                cell.final(self.metric),
                *([None if p is None else float(f"{p:.2g}")] if tested else []),
                *(cell.final(name) for name in self.metrics[1:]),
                cell.seconds(),
            ]
            for cell, p in zip(self.cells, self.p_values, strict=True)
        ]
        heads = [self.metric, *(["p"] if tested else []), *self.metrics[1:]]
        return [*self.swept, "runs", *heads, "seconds"], rows

    def legend(self) -> str:
        """What the numbers of the table of cells are."""
        text = (
            "Mean ± half width of Student's 95 % interval of each run's last value. (2 of 3): the"
            " mean is of 2 of the 3 runs; the others failed, or their values are infinite or"
            " missing. Best first; rows whose mean leaves out a run that was trained to its end, or"
            " that diverged, stand below the others."
        )
        if any(p is not None for p in self.p_values):
            text += (
                f" p: Welch's t test of {self.metric} against the first row, corrected by Holm's"
                " method for all pairs of rows, since the first row is chosen by its result; runs"
                " of one seed are compared as independent, by which p is rather too large than too"
                " small."
            )
        return text

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
            [name, show(value), e.of, e]
            for name, values in self.effects.items()
            for value, e in values.items()
        ]
        return ["setting", "value", "runs", self.metric], rows

    def best_command(self) -> str:
        """The command of the best run of the best cell; empty if unknown."""
        cells = self.cells_with_value[:1]
        return best_run(cells[0].runs, self.metric, self.mode).command if cells else ""

    def name(self, run: Run) -> str:
        return os.path.relpath(run.folder, self.root)

    def overview(self) -> str:
        states = ", ".join(
            f"{n} {state}" for state, n in Counter(r.status for r in self.runs).items()
        )
        better = "lower" if self.mode == "min" else "higher"
        runs = "1 run" if len(self.runs) == 1 else f"{len(self.runs)} runs"
        sentences = [f"{runs}: {states}", *self.progress(), f"{self.metric}: {better} is better"]
        if self.measured_on:
            sentences.append(
                f"The runs differ in {' and '.join(self.measured_on)}, on which {self.metric}"
                " depends: the best may only have the easier task, so compare runs that have the"
                " same"
            )
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
