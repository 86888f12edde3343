"""Pictures of samples in a page: whole ones, and a corner of each in a table of two settings."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from forger.report.reading import Run
from forger.report.tables import in_order

# A picture in a page is enlarged by whole pixels to at most this width, and so is a corner. Points
# are drawn as wide as this: letters lose lines when they are made smaller.
WIDTH, CORNER = 600, 128
# A larger picture would take minutes to read; none that Forger draws is.
LARGEST = 2**24
# A table with more columns or rows than these is no picture of anything.
MOST = 24


class Picture(NamedTuple):
    """A PNG in base64, and the width in pixels that it is shown at."""

    data: str
    width: int


class Cell(NamedTuple):
    """The best run of two values, a corner of its samples, and how many runs there are."""

    run: Run
    picture: Picture | None
    count: int


@dataclass
class SampleTable:
    """A corner of the samples of the best run for each pair of values of two settings.

    cells: by row, one for each value of `across`; None where there is no run.
    """

    down: str
    across: str
    columns: list[Any]
    rows: list[tuple[Any, list[Cell | None]]]


def open_picture(run: Path, name: str) -> Image.Image | None:
    """A PNG of a run folder; None if there is none, or what is there is no such picture."""
    file = run / name
    # A link in someone else's folder could lead to any file of the reader's.
    if file.is_symlink() or not file.is_file():
        return None
    try:
        picture = Image.open(file, formats=["PNG"])
        if picture.width * picture.height > LARGEST:
            return None
        picture.load()
    except Exception:  # Pillow has errors of many kinds for a damaged file.
        return None
    return picture


def png(picture: Image.Image) -> str:
    """A picture as a PNG in base64."""
    file = BytesIO()
    picture.save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


def encode(picture: Image.Image, width: int) -> Picture:
    """A picture for a page, at the largest whole multiple of its size within a width."""
    shown = picture.width * max(1, width // picture.width)
    return Picture(png(picture), min(shown, width))


def sample_picture(run: Path) -> Picture | None:
    """All of a run's samples."""
    picture = open_picture(run, "samples.png")
    return picture and encode(picture, WIDTH)


def corner(run: Run) -> Picture | None:
    """Some images of a run's samples: those in the upper left, none of them cut."""
    picture = open_picture(run.folder, "samples.png")
    if picture is None:
        return None
    rows, columns = grid_of(run)
    if rows * columns == 1:
        picture.thumbnail((CORNER, CORNER))
        return encode(picture, CORNER)
    # As many images to both sides as fit, but two at least.
    count = max(2, int(CORNER // max(picture.width / columns, picture.height / rows, 1)))
    right = picture.width * min(count, columns) // columns
    bottom = picture.height * min(count, rows) // rows
    return encode(picture.crop((0, 0, max(1, right), max(1, bottom))), CORNER)


def grid_of(run: Run) -> tuple[int, int]:
    """Rows and columns of images in samples.png; 1 and 1 for a picture that is no grid."""
    shape = run.leaves.get("data.shape")
    # Points and signals, whose shape has other than three numbers, are in one picture.
    if isinstance(shape, str) and shape.count(",") != 2:
        return 1, 1
    found = [run.leaves.get(f"callbacks.grid.{name}") for name in ("rows", "columns")]
    rows, columns = (n if type(n) is int and n > 0 else 1 for n in found)
    return rows, columns


def sample_table(
    runs: Sequence[Run], swept: Sequence[str], metric: str, mode: str
) -> SampleTable | None:
    """The table of the two swept settings with the most values; None without two of them."""
    values = {name: in_order(run.settings[name] for run in runs) for name in swept}
    several = [name for name, found in values.items() if 1 < len(found) <= MOST]
    # Sorting is stable: of settings with as many values the first comes first.
    chosen = sorted(several, key=lambda name: -len(values[name]))[:2]
    if len(chosen) < 2:
        return None
    across, down = chosen
    members: dict[tuple[Any, Any], list[Run]] = {}
    for run in runs:
        members.setdefault((run.settings[down], run.settings[across]), []).append(run)
    rows = [
        (row, [cell(members.get((row, column), []), metric, mode) for column in values[across]])
        for row in values[down]
    ]
    return SampleTable(down, across, values[across], rows)


def cell(runs: Sequence[Run], metric: str, mode: str) -> Cell | None:
    if not runs:
        return None
    run = best_run(runs, metric, mode)
    return Cell(run, corner(run), len(runs))


def best_run(runs: Sequence[Run], metric: str, mode: str) -> Run:
    """The run of the best last value, or else the one that came furthest."""
    finals = [(value, run) for run in runs if (value := run.final(metric)) is not None]
    pick = min if mode == "min" else max
    if finals:
        return pick(finals, key=lambda pair: pair[0])[1]
    return max(runs, key=lambda run: run.updates)
