"""The curves of a run in one small file, curves.jsonl: a thousand runs are read in a second."""

import json
import math
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any

from forger.runs.files import atomic_write, content_of, readable, report_write_errors, to_json

NAME = "curves.jsonl"
Curve = dict[int, float]


def read_lines(run: Path) -> Iterator[dict[str, Any]]:
    """The points of a run as they were written; a line cut short by a kill is none.

    Raises ForgerError naming the first line that is no point.
    """
    file = run / NAME
    if not file.exists():
        return
    remedy = "remove the lines that are not points, or the whole file, which has only curves"
    with readable(file, remedy):
        # What follows the last end of a line was cut short by a kill.
        *lines, _ = content_of(file).split(b"\n")
        for number, point in enumerate(parse(lines), 1):
            if not is_point(point):
                raise ValueError(f"line {number} is not a point of a curve")
            yield point


def parse(lines: Sequence[bytes]) -> Iterator[Any]:
    """The value of each line; None for one that is no JSON."""
    try:
        # All lines at once take half as long as each by itself.
        values = json.loads(b"[" + b",".join(lines) + b"]")
        if len(values) == len(lines):
            yield from values
            return
    except (ValueError, RecursionError):
        pass
    for line in lines:
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            yield None


def is_point(value: Any) -> bool:
    """Whether it is such as {"step": 50, "loss/generator": 0.7, "metric/fid": null}."""
    # Written out, since there are millions of points and `type_errors` is slower.
    return (
        isinstance(value, dict)
        and type(step := value.get("step")) is int
        # A chart has no room for a number of updates that nobody can train.
        and 0 <= step < 2**63
        and {*map(type, value.values())} <= {float, int, NoneType}
    )


def read_curves(run: Path) -> dict[str, Curve]:
    """Each curve of a run by its name, from update to value; none if the run left no file.

    NaN stands for null: earlier versions wrote that for infinity, too.
    """
    curves: dict[str, Curve] = defaultdict(dict)
    for point in read_lines(run):
        step = point.pop("step")
        for name, value in point.items():
            curves[name][step] = math.nan if value is None else float(value)
    return dict(curves)


def append(run: Path, values: Mapping[str, float], step: int) -> None:
    """Add one line, {"step": 50, "loss/generator": 0.7, ...}; see `to_json` for infinity and NaN.

    Raises ForgerError if the disk takes no more; no half of the line is left.
    """
    rest = (to_json({"step": step} | dict(values)) + "\n").encode()
    with report_write_errors(run / NAME), (run / NAME).open("ab", buffering=0) as file:
        # A failed write is undone, since the next point would continue its line.
        end = file.seek(0, os.SEEK_END)
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            file.truncate(end)
            raise


def purge(run: Path, step: int) -> None:
    """Drop the points from this step on: a resumed run makes them again."""
    kept = [point for point in read_lines(run) if point["step"] < step]
    with atomic_write(run / NAME) as partial:
        partial.write_text("".join(to_json(point) + "\n" for point in kept))
