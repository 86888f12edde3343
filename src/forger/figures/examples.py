"""A picture of examples, whatever they are."""

import math
from collections.abc import Sequence

from torch import Tensor

from forger.data.units import Units, to_file
from forger.figures.histograms import histograms
from forger.figures.image_grid import as_bytes, image_grid
from forger.figures.paths import paths
from forger.figures.scatter import scatter
from forger.figures.signals import signals

# Examples of more numbers than these are signals, not the columns of a table.
COLUMNS = 36
# Most signals in a picture, and in a row of it.
MOST, WIDEST = 96, 12


def draw(
    samples: Tensor,
    data: Tensor,
    columns: int,
    window: Tensor | None = None,
    units: Units | None = None,
) -> Tensor:
    """Samples (n, *shape) beside data (m, *shape), which may be none; uint8 (3, height, width).

    Images are in a grid, without the data: bytes as they are, floats from black to white, which are
    the lowest and the highest value of each channel. Points of the plane are a scatter plot, other
    points of up to 36 numbers a histogram for each number, and all else is drawn as signals.
    columns: number of images or signals in a row. window: examples (k, *shape) whose range is that
    of the axes or the colours, so that pictures can be compared; None: the data's, of floats the
    first 1,000, or the samples' without data. units: those of the file of points, which the axes
    are in; None: as they are.
    """
    shape = samples.shape[1:]
    if len(shape) == 3:
        shown = (data[:1000] if len(data) else samples) if window is None else window
        return image_grid(as_bytes(samples, shown), columns)
    if not is_few(shape):
        some, columns = samples[:MOST], min(columns, WIDEST)
        frame = None if window is None else by_channel(window)
        return signals(by_channel(some), by_channel(data), columns, frame)
    kind = scatter if shape[0] == 2 else histograms
    frame = None if window is None else to_file(window, units)
    return kind(to_file(samples, units), to_file(data, units), frame, units and units["names"])


def draw_rows(rows: Tensor, units: Units | None = None) -> Tensor:
    """Samples (rows, steps, *shape) on the way along each row; uint8 (3, height, width).

    Images and signals are in a grid of these rows. Points of up to 36 numbers are a line for each
    row, in the units of their file.
    """
    if is_few(rows.shape[2:]):
        points = to_file(rows.flatten(0, 1), units).unflatten(0, rows.shape[:2])
        return paths(points, units and units["names"])
    samples, steps = rows.flatten(0, 1), rows.shape[1]
    if rows.ndim == 5:
        return image_grid(as_bytes(samples, samples), steps)
    return signals(by_channel(samples), by_channel(samples[:0]), steps)


def by_channel(examples: Tensor) -> Tensor:
    """Signals (n, *channels, L) as (n, C, L), where C is 1 of (n, L)."""
    *channels, length = examples.shape[1:]
    return examples.reshape(-1, math.prod(channels), length)


def is_few(shape: Sequence[int]) -> bool:
    """Whether examples of a shape are points of few numbers, and neither images nor signals."""
    return len(shape) == 1 and shape[0] <= COLUMNS
