"""Which runs the means of a report are of: those of each cell, and of each value of a setting."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from forger.report.reading import Run
from forger.report.statistics import Estimate, estimate

# A setting of more values than these, such as random ones, has no table of main effects.
MANY = 24


@dataclass
class SeedGroup:
    """Runs that differ in the seed alone."""

    settings: dict[str, Any]
    runs: list[Run]

    def final(self, name: str) -> Estimate:
        return estimate(run.final(name) for run in self.runs)

    def seconds(self) -> Estimate:
        return estimate(run.seconds for run in self.runs if run.healthy)

    @property
    def title(self) -> str:
        return ", ".join(f"{k} {show(v)}" for k, v in self.settings.items()) or "all runs"


def group(runs: Sequence[Run], metric: str, mode: str) -> list[SeedGroup]:
    """The cells, the best mean of the metric first and those without one last.

    Just before them are those with a run that diverged, or that has finished without a finite
    value: their mean leaves the worst out.
    """
    cells: dict[tuple, list[Run]] = defaultdict(list)
    for run in runs:
        cells[run.cell].append(run)
    sign = 1 if mode == "min" else -1

    def rank(cell: SeedGroup) -> tuple[bool, bool, float]:
        value = cell.final(metric)
        ended = [run for run in cell.runs if run.healthy or run.status == "diverged"]
        return value.n == 0, value.n < len(ended), sign * value.mean if value.n else 0.0

    return sorted((SeedGroup(dict(key), members) for key, members in cells.items()), key=rank)


def effects(
    runs: Sequence[Run], names: Iterable[str], metric: str
) -> dict[str, dict[Any, Estimate]]:
    """Main effect of each setting: the metric's mean over all runs with each of its values.

    The interval is over those runs, whatever else differs among them. Settings of one value among
    the runs that ended, or of many, are left out.
    """
    found: dict[str, dict[Any, Estimate]] = {}
    for name in names:
        by_value: dict[Any, list[float | None]] = defaultdict(list)
        for run in runs:
            by_value[run.settings[name]].append(run.final(metric))
        estimates = {value: estimate(by_value[value]) for value in in_order(by_value)}
        found[name] = {value: e for value, e in estimates.items() if e.n}
    return {name: values for name, values in found.items() if 1 < len(values) <= MANY}


def in_order(values: Iterable[Any]) -> list[Any]:
    """Numbers by size, then words by the alphabet, then nothing."""
    return sorted(
        set(values),
        # The first number of the key keeps numbers, words and None apart, which cannot be compared.
        key=lambda v: (2, 0, "") if v is None else (0, v, "") if number(v) else (1, 0, str(v)),
    )


def number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def show(value: Any) -> str:
    """A setting or a number as people read it; nothing as a dash."""
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
