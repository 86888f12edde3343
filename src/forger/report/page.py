"""A report as one page of HTML that needs nothing else, as Markdown and as CSV."""

import base64
import csv
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from pathlib import Path
from typing import Any

from forger.report.pictures import COLOURED, draw_curves, draw_effects, draw_parallel
from forger.report.reading import Run
from forger.report.tables import effects, group, show

CURVES = ("loss/discriminator", "loss/generator", "prob/real", "prob/fake")
STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 1300px;
  padding: 0 1em; color: #222 }
h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 2em }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .2em .7em; text-align: right; border-bottom: 1px solid #e4e4e4 }
th { cursor: pointer; white-space: nowrap; border-bottom: 1px solid #888 }
th::after { content: attr(data-way) }
td:first-child, th:first-child { text-align: left }
.wide { overflow: auto; max-height: 34em } th { position: sticky; top: 0; background: #fff }
svg { max-width: 100%; height: auto }
.failed, .refused, .diverged { color: #b00020 }
.interrupted { color: #a05a00 } .running { color: #0060a0 }
figure { display: inline-block; margin: 0 2em 0 0; vertical-align: top }
img { image-rendering: pixelated; max-width: 560px } p.note, figcaption { color: #555 }
"""
# A click on a column's head sorts by it, another the other way; numbers by size.
SCRIPT = """
document.querySelectorAll("th").forEach(th => th.addEventListener("click", () => {
  const body = th.closest("table").tBodies[0], i = th.cellIndex;
  const way = th.dataset.way === " ▴" ? -1 : 1;
  th.parentNode.querySelectorAll("th").forEach(other => delete other.dataset.way);
  th.dataset.way = way === 1 ? " ▴" : " ▾";
  const key = row => row.cells[i].dataset.sort ?? row.cells[i].textContent;
  [...body.rows].sort((a, b) => {
    const [x, y] = [key(a), key(b)], [n, m] = [parseFloat(x), parseFloat(y)];
    if (isNaN(n) !== isNaN(m)) return isNaN(n) ? 1 : -1;
    return way * (isNaN(n) ? x.localeCompare(y) : n - m);
  }).forEach(row => body.append(row));
}));
"""


@dataclass
class Report:
    """Runs, the settings that differ among them, and the metric they are judged by."""

    root: Path
    runs: Sequence[Run]
    settings: Sequence[str]
    metric: str
    mode: str

    def __post_init__(self) -> None:
        self.cells = group(self.runs, self.metric, self.mode)
        self.judged = [cell for cell in self.cells if cell.final(self.metric)]
        self.swept = [name for name in self.settings if name != "seed"]
        self.effects = effects(self.runs, self.swept, self.metric)
        found = {name for run in self.runs for name in run.metrics if name.startswith("metric/")}
        self.metrics = [self.metric, *sorted(found - {self.metric})]

    def cell_table(self) -> tuple[list[str], list[list[Any]]]:
        """Heads and rows: the cells, best first."""
        rows = []
        for cell in self.cells:
            final = cell.final(self.metric)
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
        csv.writer(text, lineterminator="\n").writerows([heads, *rows])
        return text.getvalue()

    def markdown(self) -> str:
        parts = [f"# {self.root.name}", "", self.overview(), "", *markdown(*self.cell_table())]
        if self.effects:
            parts += ["", "## Main effects", "", *markdown(*self.effect_table())]
        return "\n".join(parts) + "\n"

    def overview(self) -> str:
        states = ", ".join(
            f"{n} {state}" for state, n in Counter(r.status for r in self.runs).items()
        )
        better = "lower" if self.mode == "min" else "higher"
        runs = "1 run" if len(self.runs) == 1 else f"{len(self.runs)} runs"
        return f"{runs}: {states}. {self.metric}: {better} is better."

    def html(self, folder: Path) -> str:
        """The page as it lies in `folder`, where its links to the runs start from."""
        sections = [
            f"<h1>{escape(self.root.name)}</h1><p>{escape(self.overview())}</p>",
            "<h2>Over seeds</h2>",
            note(
                "Mean ± half width of Student's 95 % interval of each run's last value, over n runs"
                " that came to their end. Best first; a column's head sorts by it."
            ),
            table(*self.cell_table()),
            *self.extremes(),
        ]
        if self.effects:
            sections += [
                "<h2>Main effects</h2>",
                note(
                    "Mean of all runs with the value that ended well, whatever else they differ in."
                ),
                draw_effects(self.effects, self.metric),
            ]
        if self.swept and self.judged:
            sections += [
                "<h2>All runs at once</h2>",
                draw_parallel(self.runs, self.swept, self.metric, self.mode),
            ]
        names = dict.fromkeys((self.metric, *CURVES))
        drawn = [name for name in names if any(name in run.curves for run in self.runs)]
        if drawn:
            cells = self.judged or self.cells
            others = " The worst in red, the rest grey." if len(cells) > COLOURED else ""
            sections += ["<h2>Learning curves</h2>"]
            sections += [note(f"Mean over seeds, the best darkest.{others}")]
            sections += [draw_curves(cells, drawn)]
        sections += ["<h2>Runs</h2>", self.linked_runs(folder)]
        return (
            '<!doctype html><html lang="en"><meta charset="utf-8">'
            f"<title>{escape(self.root.name)}</title><style>{STYLE}</style>"
            + "\n".join(sections)
            + f"<script>{SCRIPT}</script></html>\n"
        )

    def extremes(self) -> Iterable[str]:
        """The best and the worst cell, each with the samples of its own best run."""
        if not self.judged:
            return
        yield "<h2>Best and worst</h2>"
        pick = min if self.mode == "min" else max
        for word, cell in zip(("Best", "Worst"), (self.judged[0], self.judged[-1]), strict=True):
            if word == "Worst" and len(self.judged) == 1:
                return
            values = {run.final(self.metric): run for run in cell.runs}
            run = values[pick(value for value in values if value is not None)]
            caption = f"{word}: {cell.title}. {self.metric} {cell.final(self.metric)}."
            file, picture = run.folder / "samples.png", "<p>No samples.png.</p>"
            if file.is_file():
                data = base64.b64encode(file.read_bytes()).decode()
                picture = f'<img alt="samples" src="data:image/png;base64,{data}">'
                caption += f" Samples of {self.name(run)}."
            yield f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"

    def linked_runs(self, folder: Path) -> str:
        heads, rows = self.run_table()
        cells = []
        for run, (name, *values) in zip(self.runs, rows, strict=True):
            link = escape(os.path.relpath(run.folder, folder), quote=True)
            state = f'<span class="{run.status}" title="{escape(run.error, quote=True)}">'
            row = [f'<td><a href="{link}">{escape(name)}</a></td>', *map(td, values)]
            row[heads.index("status")] = f"<td>{state}{run.status}</span></td>"
            cells.append("".join(row))
        failures: dict[str, list[str]] = defaultdict(list)
        for run in self.runs:
            if run.error:
                failures[run.error].append(self.name(run))
        told = "".join(note(f"{error} ({', '.join(names)})") for error, names in failures.items())
        return told + frame(heads, cells)


def note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def td(value: Any) -> str:
    exact = getattr(value, "mean", value)
    return f'<td data-sort="{escape(str(exact), quote=True)}">{escape(show(value))}</td>'


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    return frame(heads, ["".join(map(td, row)) for row in rows])


def frame(heads: Sequence[str], rows: Iterable[str]) -> str:
    head = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    whole = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide">{whole}</div>'


def markdown(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *([show(value) for value in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]
