"""Two or more runs beside each other, as one page of HTML that needs nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forger.report.differences import leaves_that_differ
from forger.report.learning_curves import draw_curves
from forger.report.reading import Run
from forger.report.report import CURVES
from forger.report.samples import open_picture, png
from forger.report.tables import SeedGroup, show
from forger.report.templates import render

# Pictures of a whole run that callbacks leave at its end.
STILLS = ("densities.png", "trajectory.png")


@dataclass
class Comparison:
    """Runs by their names, and samples of each for the same latent vectors.

    samples: PNGs in base64, in the order of the runs; empty if there are none to compare, for the
    reason in `without_samples`.
    """

    names: Sequence[str]
    runs: Sequence[Run]
    samples: Sequence[str]
    without_samples: str

    def settings(self) -> list[tuple[str, list[Any]]]:
        """Each setting that differs, by its path, with its value in each run."""
        return list(leaves_that_differ(self.runs).items())

    def results(self) -> list[tuple[str, list[Any]]]:
        """How each run ended, and the last value of each metric."""
        rows: list[tuple[str, list[Any]]] = [
            ("status", [run.status for run in self.runs]),
            ("updates", [run.updates for run in self.runs]),
            ("seconds", [run.seconds for run in self.runs]),
        ]
        return rows + [
            (name, [run.metrics.get(name) for run in self.runs]) for name in self.metrics()
        ]

    def ranges(self) -> list[tuple[str, list[Any]]]:
        """The lowest and the highest value of each metric at any time."""
        rows = []
        for name in self.metrics():
            ends = [(run.best(name, "min"), run.best(name, "max")) for run in self.runs]
            texts = [None if a is None else f"{show(a)} to {show(b)}" for a, b in ends]
            rows.append((f"{name}, at any time", texts))
        return rows

    def metrics(self) -> list[str]:
        found = {name for run in self.runs for name in run.metrics}
        return sorted(name for name in found if name.startswith("metric/"))

    def curves(self) -> str:
        """Every curve of all runs, in one chart for each name, an <svg>; empty without curves."""
        found = {name for run in self.runs for name in run.curves}
        own = [name for name in CURVES if name in found]
        drawn = [*own, *sorted(found.difference(own))]
        groups = [
            SeedGroup({"run": name}, [run]) for name, run in zip(self.names, self.runs, strict=True)
        ]
        return draw_curves(groups, drawn) if drawn else ""

    def stills(self) -> list[tuple[str, str, str]]:
        """The pictures of `STILLS` that runs have: file, name of the run and PNG in base64."""
        found = [
            (file, name, open_picture(run.folder, file))
            for file in STILLS
            for name, run in zip(self.names, self.runs, strict=True)
        ]
        return [(file, name, png(picture)) for file, name, picture in found if picture]

    def html(self, folder: Path) -> str:
        """The page, whose links to the runs start from `folder`."""
        template = Path(__file__).with_name("compare.html")
        return render(template, comparison=self, folder=folder)
