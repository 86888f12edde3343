"""`forger report`: the results of a sweep, or of any runs, on one page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from omegaconf import DictConfig

from forger.config.messages import nearest
from forger.config.overrides import relative_path
from forger.config.schema import check
from forger.errors import ForgerError, visible
from forger.report.differences import distinct, keep_differences
from forger.report.latex import latex
from forger.report.markdown import markdown
from forger.report.page import html
from forger.report.reading import Run, read_runs
from forger.report.report import Report
from forger.report.spreadsheet import curves_csv, means_csv, runs_csv
from forger.runs.files import atomic_write, check_writable

# What a report is written to, and what to call it.
FILES = (
    ("report.html", "page"),
    ("report.md", "table"),
    ("report.tex", "LaTeX"),
    ("report.csv", "runs"),
    ("means.csv", "means"),
    ("mean_curves.csv", "curves"),
)


@dataclass
class Settings:
    runs: str | list[str]
    metric: str | None
    mode: Literal["min", "max"]
    curves: list[str]
    out: str | None


def run(config: DictConfig) -> None:
    """Write a page, and its numbers as files, of all runs in folders, at any depth."""
    check(config, Settings)
    given = [config.runs] if isinstance(config.runs, str) else list(config.runs)
    roots = [Path(path).expanduser().resolve() for path in given]
    for path, root in zip(given, roots, strict=True):
        if not root.is_dir():
            raise ForgerError(f"runs: there is no folder {path}: give another, or leave it out")
    every, left_out = read_runs(roots)
    runs, copies = distinct(every)
    if not runs and left_out:
        raise ForgerError(f"runs (={config.runs}): {next(iter(left_out.values()))}")
    if not runs:
        raise ForgerError(f"runs (={config.runs}) has no runs: no folder in it has a run.json")
    metric = config.metric or common_objective(runs)
    measured = {name for run in runs for name in run.metrics}
    if measured and metric not in measured:
        raise ForgerError(f"metric (={metric}) was measured in no run{nearest(metric, measured)}")
    drawn = {name for run in runs for name in run.curves}
    for name in set(config.curves) - drawn:
        raise ForgerError(f"curves has {name}, which no run has{nearest(name, drawn)}")
    report = Report(roots, runs, keep_differences(runs), metric, config.mode, config.curves)
    out = Path(config.out).expanduser() if config.out else report.root
    write(report, out)
    print(visible(report.overview()))
    for run, other in copies:
        here, there = (relative_path(r.folder) for r in (run, other))
        print(visible(f"left out {here}: its settings and seed are those of {there}"))
    for folder, reason in left_out.items():
        print(visible(f"left out {folder}: {reason}"))
    for name, what in FILES:
        print(f"{what:<9}{relative_path(out / name)}")
    if best := report.best_command():
        print(visible(f"best     {best}"))
    if report.longer:
        print(visible(f"longer   {report.longer}"))


def write(report: Report, out: Path) -> None:
    for name, _ in FILES:
        check_writable(out / name)
    texts = (html(report, out), markdown(report), latex(report))
    texts += (runs_csv(report), means_csv(report), curves_csv(report))
    for (name, _), text in zip(FILES, texts, strict=True):
        with atomic_write(out / name) as partial:
            # Half a character in a stored text is no reason to have no report.
            partial.write_text(text, encoding="utf-8", errors="replace")


def common_objective(runs: list[Run]) -> str:
    """The objective of all these runs; ForgerError if they have several."""
    first, *others = sorted({str(run.settings["objective"]) for run in runs})
    if others:
        raise ForgerError(
            f"the runs have several objectives, {first} and {', '.join(others)}: give metric=..."
        )
    return first
