"""The curves of a run in one small file, curves.jsonl: a thousand runs are read in a second."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from forger.files import to_json, whole, written

NAME = "curves.jsonl"
Curve = dict[int, float]


def read_lines(run: Path) -> Iterator[dict[str, Any]]:
    """The points of a run as they were written; a line cut short by a kill is none."""
    file = run / NAME
    for line in file.read_text().splitlines(keepends=True) if file.exists() else []:
        if line.endswith("\n"):
            yield json.loads(line)


def read_curves(run: Path) -> dict[str, Curve]:
    """Each curve of a run by its name, from update to value; none if the run left no file.

    NaN stands for what was not finite.
    """
    curves: dict[str, Curve] = defaultdict(dict)
    for point in read_lines(run):
        step = point.pop("step")
        for name, value in point.items():
            curves[name][step] = math.nan if value is None else value
    return dict(curves)


def append(run: Path, values: Mapping[str, float], step: int) -> None:
    """Add one line, {"step": 50, "loss/generator": 0.7, ...}; null for what is not finite."""
    with written(run / NAME), (run / NAME).open("a") as file:
        file.write(to_json({"step": step} | dict(values)) + "\n")


def purge(run: Path, step: int) -> None:
    """Drop the points from this step on: a run that goes on from there makes them again."""
    kept = [point for point in read_lines(run) if point["step"] < step]
    with whole(run / NAME) as partial:
        partial.write_text("".join(to_json(point) + "\n" for point in kept))
