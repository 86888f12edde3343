"""A picture of examples, whatever they are."""

import math

from torch import Tensor

from forger.figures.histograms import histograms
from forger.figures.image_grid import image_grid
from forger.figures.scatter import scatter
from forger.figures.signals import signals

# Examples of more numbers than these are signals, not the columns of a table.
COLUMNS = 36


def draw(samples: Tensor, data: Tensor, columns: int, window: Tensor | None = None) -> Tensor:
    """Samples (n, *shape) beside data (m, *shape), which may be none; uint8 (3, height, width).

    Images, uint8, are in a grid, without the data. Points of the plane are a scatter plot, other
    points of up to 36 numbers a histogram for each number, and all else is drawn as signals.
    columns: number of images or signals in a row. window: examples (k, *shape) whose range the axes
    have, so that pictures can be compared; None: the data's, or the samples' without data.
    """
    shape = samples.shape[1:]
    if len(shape) == 3:
        return image_grid(samples, columns)
    if len(shape) > 1 or shape[0] > COLUMNS:
        channels = math.prod(shape[:-1])  # 1 of (L,)
        size = (-1, channels, shape[-1])  # (n, C, L)
        frame = None if window is None else window.reshape(size)
        return signals(samples.reshape(size), data.reshape(size), columns, frame)
    kind = scatter if shape[0] == 2 else histograms
    return kind(samples, data, window)
