"""A picture of the numbers of a line, or of the rows of a table."""

from collections.abc import Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from forger.figures.render import add_legend, literal, render

BINS = 40


def histograms(
    samples: Tensor,
    data: Tensor,
    window: Tensor | None = None,
    names: Sequence[str] | None = None,
) -> Tensor:
    """Histograms of each of d coordinates: samples (n, d) in red over data (m, d) in grey.

    A coordinate is shown over its range in `window` (k, d), with a tenth of it to both sides; None:
    that of the data, or of the samples if there are no data. names: of the coordinates; None: 0, 1,
    ... Returns uint8 (3, height, width).
    """
    if window is None:
        window = data if len(data) else samples
    figure, axes = panels(samples.shape[1], names)
    for i, ax in enumerate(axes):
        finite = window[:, i][window[:, i].isfinite()]
        low, high = finite.aminmax() if len(finite) else (torch.zeros(()), torch.ones(()))
        margin = (high - low) / 10 or torch.tensor(0.5)
        left, right = limits = (float(low - margin), float(high + margin))
        if len(data):
            column = data[:, i].numpy()
            ax.hist(column, BINS, range=limits, density=True, color="0.7", label="data")
        # Without those that are not finite, or outside.
        made = samples[:, i]
        inside = made[(made >= left) & (made <= right)]
        red = {"range": limits, "density": len(inside) > 0, "histtype": "step", "color": "tab:red"}
        ax.hist(inside.numpy(), BINS, label="samples", **red)
        ax.set_yticks([])
    add_legend(figure)
    return render(figure)


def panels(count: int, names: Sequence[str] | None) -> tuple[Figure, list[Axes]]:
    """A figure with so many small axes, six in a row, each with its name; None: 0, 1, ..."""
    columns = min(6, count)
    rows = -(-count // columns)
    size = (6, 4) if count == 1 else (1.8 * columns, 1.5 * rows)
    figure = Figure(figsize=size, dpi=100, layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for i, ax in enumerate(axes[:count]):
        ax.tick_params(labelsize=7)
        if names or count > 1:
            ax.set_title(literal(names[i]) if names else str(i), fontsize=7)
    for ax in axes[count:]:
        ax.set_axis_off()
    return figure, axes[:count]
