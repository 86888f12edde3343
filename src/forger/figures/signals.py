"""A picture of signals: of each a small line plot."""

import torch
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from torch import Tensor

from forger.figures.render import render

# The channels of a signal.
COLOURS = ("tab:red", "tab:blue", "tab:green", "tab:orange", "tab:purple", "tab:brown")


def signals(samples: Tensor, data: Tensor, columns: int, window: Tensor | None = None) -> Tensor:
    """Signals (n, C, L) row by row, then a row of training signals (m, C, L) in grey.

    All have the vertical range of `window` (k, C, L); None: that of the data, or of the samples if
    there are no data. A channel has a colour. Returns uint8 (3, height, width).
    """
    data = data[:columns]
    if window is None:
        window = data if len(data) else samples
    window = window[window.isfinite()]
    low, high = window.aminmax() if len(window) else (torch.zeros(()), torch.ones(()))
    rows = -(-len(samples) // columns) + (len(data) > 0)
    figure = Figure(figsize=(columns, 0.7 * rows), dpi=100, layout="constrained")
    axes = figure.add_subplot(xlim=(0, columns), ylim=(-rows, 0))
    axes.set_axis_off()
    # Each signal has nine tenths of a cell of size 1 x 1.
    x = torch.linspace(0.05, 0.95, samples.shape[-1])
    for examples, start, grey in ((samples, 0, False), (data, (rows - 1) * columns, True)):
        y = (examples - low) / (high - low).clamp_min(1e-12)
        y = 0.05 + 0.9 * y.clamp(0, 1) - 1  # (n, C, L) in (-1, 0)
        for channel in range(y.shape[1]):
            lines = [
                torch.stack([x + i % columns, line - i // columns], dim=1).numpy()
                for i, line in enumerate(y[:, channel], start)
            ]
            colour = "0.6" if grey else COLOURS[channel % len(COLOURS)]
            axes.add_collection(LineCollection(lines, colors=colour, linewidths=1))
    return render(figure)
